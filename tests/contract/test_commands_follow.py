"""`follow` over the real store and search: people who share a name, and labs."""

from dataclasses import replace
from typing import Any

from bot.commands.actions import Action, Verb
from bot.model import IdScheme, PaperId
from tests.contract.commands import NOW, World, a_paper, buttons_of, text_of
from tests.contract.readings import poll
from tests.contract.rows import DAY

# Enough of them that two of one name need not be one person.
_FAMILY = tuple(f"{letter}o Wang" for letter in "BCDFGHJKLMNP")


async def add(world: World, number: int, *authors: str, **more: Any) -> str:
    """A paper by these people, which the index knows; its key."""
    made = replace(
        a_paper(1, 1),
        ids=(PaperId(IdScheme.ARXIV, f"2511.1{number:04}"),),
        title=f"On Towels {number}",
        authors=authors,
        published_at=NOW - number * DAY,
        **more,
    )
    one = poll(300 + number, made)
    await world.store.papers.ingest(one, one.observed_at)
    await world.services.search.index.catch_up()
    return f"arxiv:2511.1{number:04}"


async def two_of_a_name(world: World) -> str:
    await add(world, 1, *_FAMILY)
    await add(world, 2, "Yu Wang", "Cleo Sand", categories=("math.CO",))
    await add(world, 3, "Yu Wang", "Cleo Sand", categories=("math.CO",))
    return await add(world, 4, "Yu Wang", "Dan Oak", categories=("cs.RO",))


async def query_of(world: World, action: str) -> str:
    opened = await world.press(action)
    assert opened.form is not None
    return opened.form.values["query"]


async def test_of_two_of_a_name_it_asks_which_and_shows_them(world: World) -> None:
    await two_of_a_name(world)

    asked = await world.run("follow Y. Wang")

    said = text_of(asked)
    assert "Whom do you mean by “Y. Wang”?" in said
    assert "Yu Wang: 2 papers, in math.CO, with Cleo Sand. The newest: “On Towels 2” (2025)." in said
    assert "Yu Wang: 1 paper, in cs.RO, with Dan Oak. The newest: “On Towels 4” (2025)." in said
    row = buttons_of(asked)
    assert await query_of(world, row["Follow Yu Wang (math.CO)"]) == (
        'author:"Yu Wang" (cat:math.CO OR author:"Cleo Sand")'
    )
    assert await query_of(world, row["Follow every Y. Wang"]) == 'author:"Y. Wang"'


async def test_from_a_paper_its_own_author_stands_first(world: World) -> None:
    key = await two_of_a_name(world)

    asked = await world.press(Action(Verb.FOLLOW, f"{key} Yu Wang"))

    assert list(buttons_of(asked)) == [
        "Follow Yu Wang (cs.RO)",
        "Follow Yu Wang (math.CO)",
        "Follow every Yu Wang",
    ]


async def test_many_of_a_name_are_counted(world: World) -> None:
    await add(world, 1, *_FAMILY)
    for number, name in enumerate(["Yu", "Yang", "Ying", "Yan", "Yi", "Yong", "Yue", "Yun"], 2):
        await add(world, number, f"{name} Wang")

    asked = await world.run("follow Y. Wang")

    assert len(buttons_of(asked)) == 7
    assert "2 other people bear that name too." in text_of(asked)


async def test_a_lab_is_followed_by_its_name(world: World) -> None:
    key = await add(world, 1, "Eve Moss", organization="Towel Laboratories")

    opened = await world.run("follow towel laboratories")
    assert opened.form is not None
    assert opened.form.values["query"] == 'org:"Towel Laboratories"'
    row = buttons_of(await world.press(Action(Verb.PAPER, key)))
    assert await query_of(world, row["Follow the lab"]) == 'org:"Towel Laboratories"'


async def test_a_lab_and_somebody_of_one_name_are_told_apart(world: World) -> None:
    await add(world, 1, "Eve Moss", organization="Moss")

    asked = await world.run("follow moss")

    assert list(buttons_of(asked)) == ["Follow Eve Moss (cs.CL)", "Follow Moss", "Follow every moss"]
    assert "Moss: a lab, 1 paper." in text_of(asked)


async def test_an_author_without_a_letter_is_not_offered(world: World) -> None:
    key = await add(world, 1, ":", "Eve Moss")

    asked = await world.press(Action(Verb.AUTHORS, key))

    assert list(buttons_of(asked)) == ["Eve Moss"]
