"""What goes on as somebody types: from the real corpus, what is theirs, and what options take."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from bot.commands.completing import LONGEST, MOST
from bot.commands.model import Actor, Completion, Kind
from bot.commands.registry import BY_NAME, COMMANDS
from bot.commands.services import RouteChoice
from bot.commands.topics import TOPICS
from bot.commands.values import read
from bot.model import IdScheme, PaperId, Route
from bot.people.model import Mark, Person
from tests.contract.commands import ADA, BEN, DIRECT, HERE, NOW, World, a_paper, world
from tests.contract.readings import poll
from tests.property.test_command_text import TYPED

__all__ = ["world"]


async def complete(
    world: World, command: str, option: str, typed: str = "", actor: Actor = ADA, *, topic: str = ""
) -> Sequence[Completion]:
    return await world.commands.complete(command, option, typed, {"topic": topic}, actor, HERE)


async def values(world: World, command: str, option: str, typed: str = "", *, topic: str = "") -> list[str]:
    return [one.value for one in await complete(world, command, option, typed, topic=topic)]


async def labels(world: World, command: str, option: str, typed: str = "") -> list[str]:
    return [one.label for one in await complete(world, command, option, typed)]


# --- papers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("rob", ["Robots that Read"]),
        ("Robots that r", ["Robots that Read"]),
        ("read robots ", ["Robots that Read"]),
        ("attentio", ["Attention in Small Places", "Kernels for Flash Attention"]),
        ("low-rank ad", ["Low-Rank Adapters for Maps"]),
        ("flash", ["Kernels for Flash Attention"]),
        ("xyzzy", []),
        ("robots xyzzy", []),
        ("2511.00005", ["Retrieval for Letters"]),
        ("https://arxiv.org/abs/2511.00005", ["Retrieval for Letters"]),
        ("2511.99999", []),
    ],
)
async def test_a_title_goes_on_from_the_beginnings_of_its_words(
    world: World, typed: str, titles: list[str]
) -> None:
    found = await complete(world, "paper", "paper", typed)
    assert [one.label for one in found] == titles
    for one in found:
        assert str(read(BY_NAME["paper"].option("paper"), one.value)).startswith("arxiv:2511.")


async def test_titles_that_begin_so_come_first_then_those_with_more_upvotes(world: World) -> None:
    assert await labels(world, "save", "paper", "f") == [
        "Low-Rank Adapters for Maps",
        "Kernels for Flash Attention",
        "Retrieval for Letters",
    ]
    new = poll(300, a_paper(1, 1, ids=(PaperId(IdScheme.ARXIV, "2511.00009"),), title="Flash Floods"))
    await world.store.papers.ingest(new, new.observed_at)
    await world.services.search.index.catch_up()
    assert await labels(world, "save", "paper", "flash ") == ["Flash Floods", "Kernels for Flash Attention"]


async def test_before_anything_is_typed_the_days_papers_stand_there(world: World) -> None:
    found = await labels(world, "why", "paper")
    assert found[0] == "Attention in Small Places"
    assert len(found) == 7


async def test_what_somebody_hid_is_not_proposed_to_them(world: World) -> None:
    person = await world.services.meet(ADA)
    paper = await world.services.paper(a_paper(7, 0).ids[0])
    await world.store.people.mark(person.recipient_id, paper.id, Mark.HIDDEN, NOW)
    assert await labels(world, "paper", "paper", "rob") == []
    assert [one.label for one in await complete(world, "paper", "paper", "rob", BEN)] == ["Robots that Read"]


async def test_a_long_title_is_cut_at_a_word(world: World) -> None:
    title = "Zebra " + "and more words of a very long title " * 5
    new = poll(300, a_paper(1, 5, ids=(a_paper(1, 0).ids[0],), title=title))
    await world.store.papers.ingest(new, new.observed_at)
    await world.services.search.index.catch_up()
    (found,) = await complete(world, "paper", "paper", "zeb")
    assert len(found.label) <= LONGEST
    assert title.startswith(found.label.rstrip("… "))


# --- queries ---------------------------------------------------------------------------------------


async def test_the_last_part_of_a_query_goes_on_by_its_field(world: World) -> None:
    assert await values(world, "search", "query", "rain author:by") == ['rain author:"Ada Byron"']
    assert await values(world, "search", "query", 'rain author:"Ada B') == ['rain author:"Ada Byron"']
    assert await values(world, "search", "query", "-author:li") == ['-author:"Bo Li"']
    assert await values(world, "search", "query", "author:nobody") == []
    assert await values(world, "search", "query", "rain has:") == ["rain has:code", "rain has:project"]
    assert await values(world, "search", "query", "sort:t") == ["sort:top", "sort:trending"]


async def test_categories_go_on_by_name_code_and_title(world: World) -> None:
    assert await values(world, "subscribe", "query", "rain cat:vis") == ["rain cat:vision", "rain cat:cs.CV"]
    assert (await labels(world, "subscribe", "query", "cat:cs.c"))[0] == "cat:cs.CC: Computational Complexity"
    assert "cat:cs.CR" in await values(world, "subscribe", "query", "cat:crypto")


async def test_a_search_proposes_titles_and_what_the_person_keeps(world: World) -> None:
    await world.run("subscribe robots that walk")
    found = await complete(world, "search", "query", "rob")
    assert [(one.label, one.value) for one in found] == [
        ("robots that walk", "robots that walk"),
        ("Robots that Read", "2511.00007"),
        ("robotics: cat:robotics", "cat:robotics"),
    ]
    assert await values(world, "subscribe", "query", "rob") == ["robots that walk", "cat:robotics"]


async def test_a_filter_proposes_the_topic_that_was_chosen_and_what_is_set(world: World) -> None:
    assert (await values(world, "channel add", "filter", topic="vision"))[0] == "cat:vision"
    await world.run("channel add filter='cat:cs.CL -survey'")
    assert (await values(world, "channel edit", "filter"))[0] == "cat:cs.CL -survey"


# --- the rest --------------------------------------------------------------------------------------


async def test_an_unsubscription_names_the_persons_own(world: World) -> None:
    assert await values(world, "unsubscribe", "number") == []
    await world.run("subscribe robots")
    await world.run("subscribe rain")
    found = await complete(world, "unsubscribe", "number")
    assert [(one.label, one.value) for one in found] == [
        ("1. robots", "1"),
        ("2. rain", "2"),
        ("all of them", "all"),
    ]
    assert await values(world, "unsubscribe", "number", "ra") == ["2"]
    assert await complete(world, "unsubscribe", "number", "", BEN) == []


async def test_zones_times_and_days(world: World) -> None:
    assert (await values(world, "settings", "zone"))[:2] == ["Europe/Berlin", "UTC"]
    assert "Europe/Berlin" in await values(world, "settings", "zone", "berl")
    assert await values(world, "subscribe", "at", "9") == ["9:00", "9:15", "9:30", "9:45"]
    assert await values(world, "subscribe", "at", "9:20") == ["9:20"]
    assert await values(world, "subscribe", "at", "99") == []
    assert (await values(world, "subscribe", "days"))[:2] == ["weekdays", "daily"]
    assert await values(world, "subscribe", "days", "tue,sat") == ["tue,sat"]
    assert await values(world, "subscribe", "days", "mon") == ["mon", "mon,thu", "mon,wed,fri"]


async def test_topics_show_their_filters_and_help_its_commands(world: World) -> None:
    assert (await labels(world, "channel add", "topic", "vis"))[0] == "vision: cat:vision"
    assert len(await values(world, "channel add", "topic")) == len(TOPICS)
    assert "channel add" in await values(world, "help", "topic", "chan")


async def test_all_that_is_proposed_is_taken(world: World) -> None:
    await world.run("subscribe robots")
    for command in COMMANDS:
        for option in command.options:
            for typed in ("", "a", "ro", "9", "mon", "cat:", "author:b", "vis", "7"):
                found = await complete(world, command.name, option.name, typed)
                assert len(found) <= MOST
                for one in found:
                    assert 0 < len(one.label) <= LONGEST
                    assert 0 < len(one.value) <= LONGEST
                    if option.kind is not Kind.QUERY or one.value[-1] != ":":
                        read(option, one.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(typed=TYPED)
async def test_whatever_is_typed_there_is_an_answer(world: World, typed: str) -> None:
    options = (("search", "query"), ("paper", "paper"), ("settings", "zone"), ("subscribe", "at"))
    for command, option in options:
        found = await complete(world, command, option, typed)
        assert all(0 < len(one.label) <= LONGEST and 0 < len(one.value) <= LONGEST for one in found)


async def test_what_fails_proposes_nothing(world: World) -> None:
    assert await world.commands.complete("no command", "none", "", {}, ADA, DIRECT) == []
    assert await world.commands.complete("search", "none", "", {}, ADA, DIRECT) == []


# --- subscriptions ---------------------------------------------------------------------------------


async def by_mail(_: Person) -> Sequence[RouteChoice]:
    return [RouteChoice(route=Route(surface="email", address="ada@example.org"), label="mail")]


async def test_routes_are_those_that_there_are(world: World) -> None:
    await world.run("subscribe attention")
    assert await values(world, "subscribe", "route") == ["here"]
    world.services = replace(world.services, offers=[by_mail])
    assert await values(world, "subscribe", "route") == ["here", "mail"]
    assert await values(world, "subscription edit", "route", "here,ma") == ["here,mail"]


async def test_a_subscription_is_named_by_its_number_and_a_rest_by_its_end(world: World) -> None:
    await world.run("subscribe attention")
    assert await values(world, "subscription pause", "number") == ["1", "all"]
    assert await values(world, "subscription edit", "number") == ["1"]
    assert await values(world, "subscription snooze", "until", "w") == ["tomorrow", "1w", "2w", "4w"]
