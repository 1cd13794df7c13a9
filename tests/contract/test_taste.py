"""What every store promises of what teaches a recipient's taste."""

import pytest

from bot.errors import NotFoundError
from bot.model import Destination, Route
from bot.people.model import Mark
from bot.ports import Store
from bot.taste.model import MOST_EXAMPLES, MOST_TAUGHT, TasteChoices, Taught
from tests.contract.people import BEN, MAYA, a_subscription, direct, meet
from tests.contract.readings import arxiv, poll, reading, take
from tests.contract.rows import DAY, HOUR, MINUTE, NOW, add_destination, add_papers


async def test_marks_teach_for_and_against_each_recipient_their_own(store: Store) -> None:
    maya, ben = (await meet(store, MAYA)).recipient_id, (await meet(store, BEN)).recipient_id
    one, two, three, four, five = await add_papers(store, 5)
    for paper, mark in (
        (one, Mark.SAVED),
        (two, Mark.LIKED),
        (three, Mark.EXAMPLE),
        (four, Mark.DISLIKED),
        (five, Mark.HIDDEN),
    ):
        await store.people.mark(maya, paper, mark, NOW)
    await store.people.mark(ben, five, Mark.SAVED, NOW)

    assert await store.taste.taught([maya, ben, "r-nobody"]) == {
        maya: Taught(
            {one: Mark.SAVED, two: Mark.LIKED, three: Mark.EXAMPLE}, {four: Mark.DISLIKED, five: Mark.HIDDEN}
        ),
        ben: Taught({five: Mark.SAVED}),
    }
    await store.people.unmark(ben, five, Mark.SAVED)
    assert await store.taste.taught([ben]) == {}


async def test_the_newest_marks_alone_teach(store: Store) -> None:
    maya = (await meet(store)).recipient_id
    papers = await add_papers(store, MOST_TAUGHT + 2)
    for at, paper in enumerate(papers):
        await store.people.mark(maya, paper, Mark.SAVED, NOW + at * MINUTE)
    await store.people.mark(maya, papers[0], Mark.HIDDEN, NOW)

    taught = (await store.taste.taught([maya]))[maya]
    assert set(taught.wanted) == set(papers[2:])
    assert set(taught.unwanted) == {papers[0]}, "kinds are counted apart"


async def test_a_reset_forgets_what_taught_and_keeps_the_list_and_what_is_hidden(store: Store) -> None:
    maya, ben = (await meet(store, MAYA)).recipient_id, (await meet(store, BEN)).recipient_id
    papers = await add_papers(store, 5)
    for who in (maya, ben):
        for paper, mark in zip(papers, Mark, strict=True):
            await store.people.mark(who, paper, mark, NOW)

    assert await store.taste.reset(maya, NOW) == 5

    assert list(await store.taste.taught([maya, ben])) == [ben]
    kept = {mark: len(await store.people.marked(maya, mark)) for mark in Mark}
    assert kept == {
        Mark.SAVED: 1,
        Mark.HIDDEN: 1,
        Mark.LIKED: 0,
        Mark.DISLIKED: 0,
        Mark.EXAMPLE: 0,
    }
    await store.people.mark(maya, papers[4], Mark.SAVED, NOW + MINUTE)
    assert (await store.taste.taught([maya]))[maya] == Taught({papers[4]: Mark.SAVED})
    assert await store.taste.reset(maya, NOW + HOUR) == 1
    assert await store.taste.taught([maya]) == {}


async def test_nobody_is_not_reset(store: Store) -> None:
    with pytest.raises(NotFoundError):
        await store.taste.reset("r-nobody", NOW)


async def test_titles_of_papers_that_are_there(store: Store) -> None:
    one, two = await add_papers(store, 2)
    papers = await store.papers.get([one, two])
    assert await store.taste.titles([two, one, 999]) == {number: papers[number].title for number in papers}


async def test_examples_teach_and_the_newest_fifty_stay(store: Store) -> None:
    maya = (await meet(store)).recipient_id
    papers = await add_papers(store, MOST_EXAMPLES + 3)

    assert await store.taste.teach(maya, papers[:3], NOW) == 3
    assert await store.taste.teach(maya, papers[:2], NOW + MINUTE) == 3, (
        "those named again are the newest now"
    )
    assert await store.taste.teach(maya, papers[3:], NOW + HOUR) == MOST_EXAMPLES

    examples = [one.paper_id for one in await store.people.marked(maya, Mark.EXAMPLE)]
    assert examples == papers[3:], "the first of those named together is the newest"
    assert set((await store.taste.taught([maya]))[maya].wanted.values()) == {Mark.EXAMPLE}


async def test_a_channel_can_be_taught_and_nobody_and_nothing_can_not(store: Store) -> None:
    channel = await add_destination(store.destinations)
    (paper,) = await add_papers(store, 1)

    assert await store.taste.teach(channel.recipient_id, [paper], NOW) == 1
    assert list(await store.taste.taught([channel.recipient_id])) == [channel.recipient_id]
    for recipient, papers in (("r-nobody", [paper]), (channel.recipient_id, [paper, 999])):
        with pytest.raises(NotFoundError):
            await store.taste.teach(recipient, papers, NOW + HOUR)
    (kept,) = await store.people.marked(channel.recipient_id, Mark.EXAMPLE)
    assert kept.marked_at < NOW + HOUR, "what failed changed nothing"


async def test_papers_are_found_by_titles_that_one_alone_has(store: Store) -> None:
    readings = [
        reading(arxiv(1), title="Attention Is All You Need"),
        reading(arxiv(2), title="Twins", abstract="One of them."),
        reading(arxiv(3), title="Twins", abstract="And the other."),
    ]
    await take(store.papers, poll(0, *readings))
    paper = await store.papers.find(arxiv(1))
    assert paper is not None

    assert await store.taste.titled(["attention is all you NEED.", "Twins", "Nothing"]) == {
        "attention is all you NEED.": paper.id
    }


async def test_what_somebody_chose_is_remembered_and_outlives_a_reset(store: Store) -> None:
    maya = (await meet(store)).recipient_id
    (paper,) = await add_papers(store, 1)
    assert await store.taste.choices(maya) == await store.taste.choices("r-nobody") == TasteChoices()

    wanted = TasteChoices(for_you=True)
    await store.taste.choose(maya, wanted)
    await store.taste.reset(maya, NOW)
    await store.people.mark(maya, paper, Mark.SAVED, NOW + MINUTE)

    assert await store.taste.choices(maya) == wanted
    assert (await store.taste.taught([maya]))[maya] == Taught({paper: Mark.SAVED}, {}, wanted)
    with pytest.raises(NotFoundError):
        await store.taste.choose("r-nobody", wanted)


# --- what a team saves ---------------------------------------------------------------------------


async def a_team(store: Store, name: str = "team") -> Destination:
    """A channel in which saves count."""
    route = Route(surface="slack", address=f"T1/{name}")
    made = await add_destination(store.destinations, name, recipient_id=f"r-{name}", route=route)
    await store.taste.set_team(made.id, NOW, counted=True)
    return made


async def people(store: Store, count: int) -> list[str]:
    """The recipients of so many people."""
    met = [await meet(store, MAYA._replace(user=f"U{number}")) for number in range(count)]
    return [one.recipient_id for one in met]


async def test_saves_of_three_people_show_and_of_two_do_not(store: Store) -> None:
    here, elsewhere = await a_team(store, "here"), await a_team(store, "elsewhere")
    one, two = await add_papers(store, 2)
    for number, who in enumerate(await people(store, 4)):
        assert await store.taste.saved_at(here.route, one, who, NOW)
        if number < 2:
            assert await store.taste.saved_at(here.route, two, who, NOW)
        await store.taste.saved_at((here if number else elsewhere).route, two, who, NOW)

    assert await store.taste.team([here.id, elsewhere.id], NOW - DAY) == {here.id: {one: 4, two: 4}}
    assert await store.taste.team([elsewhere.id], NOW - DAY) == {}
    assert await store.taste.team([here.id], NOW) == {}, "they were not after that instant"


async def test_the_same_person_counts_once_and_a_save_that_is_taken_back_not_at_all(store: Store) -> None:
    here = await a_team(store)
    (paper,) = await add_papers(store, 1)
    first, second, third = await people(store, 3)
    for who in (first, first, first, second):
        await store.taste.saved_at(here.route, paper, who, NOW)
    assert await store.taste.team([here.id], NOW - DAY) == {}
    await store.taste.saved_at(here.route, paper, third, NOW)
    assert await store.taste.team([here.id], NOW - DAY) == {here.id: {paper: 3}}
    await store.taste.unsaved(third, paper)
    assert await store.taste.team([here.id], NOW - DAY) == {}


async def test_whoever_keeps_their_saves_out_of_it_does_not_count_from_then_on_nor_before(
    store: Store,
) -> None:
    here = await a_team(store)
    (paper,) = await add_papers(store, 1)
    for who in (everybody := await people(store, 3)):
        await store.taste.saved_at(here.route, paper, who, NOW)

    await store.taste.choose(everybody[0], TasteChoices(counted=False))
    assert await store.taste.team([here.id], NOW - DAY) == {}
    assert not await store.taste.saved_at(here.route, paper, everybody[0], NOW)
    assert "team_saves" not in await store.people.held(everybody[0])

    await store.taste.choose(everybody[0], TasteChoices())
    assert await store.taste.team([here.id], NOW - DAY) == {}, "what was deleted does not come back"


async def test_nothing_counts_where_nobody_wanted_it_and_nothing_stays_where_it_is_ended(
    store: Store,
) -> None:
    here, off = await a_team(store), await add_destination(store.destinations, "off")
    (paper,) = await add_papers(store, 1)
    everybody = await people(store, 3)
    assert not await store.taste.has_team(off.id)
    for who in everybody:
        assert not await store.taste.saved_at(off.route, paper, who, NOW)
        assert await store.taste.saved_at(here.route, paper, who, NOW)

    await store.taste.set_team(here.id, NOW, counted=False)
    await store.taste.set_team(here.id, NOW, counted=True)
    assert await store.taste.has_team(here.id)
    assert await store.taste.team([here.id], NOW - DAY) == {}
    with pytest.raises(NotFoundError):
        await store.taste.set_team("d-nowhere", NOW, counted=True)


async def test_a_place_of_ones_own_is_no_team(store: Store) -> None:
    person = await meet(store)
    place = direct(person)
    await store.people.subscribe(a_subscription(person, place), place)
    await store.taste.set_team(place.id, NOW, counted=True)
    (paper,) = await add_papers(store, 1)
    assert not await store.taste.saved_at(place.route, paper, person.recipient_id, NOW)
