"""Commands and buttons that teach what somebody likes: what they leave behind, and how it is taken back."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.commands.actions import Action, Verb
from bot.commands.channels import preview_days
from bot.commands.model import Actor
from bot.commands.registry import BY_NAME
from bot.people.model import Mark
from tests.contract.commands import (
    ADA,
    ADAPTERS,
    ATTENTION,
    BEN,
    DIRECT,
    GUEST,
    HERE,
    STRANGER,
    World,
    an_actor,
    buttons_of,
    cards_of,
    text_of,
    titles_of,
)

KIM = an_actor("U-KIM")


async def marks(world: World, actor: Actor = ADA) -> Mapping[Mark, list[str]]:
    """The papers that somebody marked, by the mark."""
    person = await world.store.people.find(actor.identity)
    assert person is not None
    found = {}
    for mark in Mark:
        papers = [one.paper_id for one in await world.store.people.marked(person.recipient_id, mark)]
        known = await world.store.papers.get(papers)
        if papers:
            found[mark] = [known[number].key for number in papers]
    return found


async def test_more_and_less_replace_each_other_and_can_be_taken_back(world: World) -> None:
    shown = await world.press(Action(Verb.MORE, ATTENTION))
    assert "Near in meaning to “Attention in Small Places”" in text_of(shown), "it shows them, too"
    assert await marks(world) == {Mark.LIKED: [ATTENTION]}

    await world.press(Action(Verb.LESS, ATTENTION))
    assert await marks(world) == {Mark.DISLIKED: [ATTENTION]}

    again = await world.press(Action(Verb.MORE, ATTENTION))
    assert await marks(world) == {Mark.LIKED: [ATTENTION]}

    await world.press(buttons_of(again)["Take that back"])
    assert await marks(world) == {}


@pytest.mark.parametrize("actor", [GUEST, STRANGER], ids=["guest", "external"])
async def test_guests_are_shown_more_and_nothing_is_remembered_of_them(world: World, actor: Actor) -> None:
    said = text_of(await world.press(Action(Verb.MORE, ATTENTION), actor))
    assert "Near in meaning to" in said
    assert "Remembered" not in said
    for verb in (Verb.LESS, Verb.NEITHER, Verb.RESET):
        assert "Nothing is stored of you" in text_of(await world.press(Action(verb, ATTENTION), actor))
    assert await world.store.people.find(actor.identity) is None


async def test_what_orders_papers_is_told_and_forgotten(world: World) -> None:
    assert "Nothing is learnt of you" in text_of(await world.run("taste"))
    await world.run("save 2511.00001")
    await world.run("save 2511.00003")
    await world.press(Action(Verb.MORE, ADAPTERS))
    await world.press(Action(Verb.HIDE, "arxiv:2511.00004"))
    await world.run("teach 2511.00005 2511.00006")

    told = await world.run("taste")
    said = text_of(told)
    for line in (
        "2 papers that you saved.",
        "1 paper that you wanted more like.",
        "2 papers that you named as examples.",
        "1 paper that you hid.",
    ):
        assert line in said

    done = await world.press(buttons_of(told)["Forget what was learnt"])
    assert "Forgotten: 6 papers teach nothing any more" in text_of(done)
    assert await marks(world) == {
        Mark.SAVED: ["arxiv:2511.00003", ATTENTION],
        Mark.HIDDEN: ["arxiv:2511.00004"],
    }
    assert "Nothing is learnt of you" in text_of(await world.run("taste"))
    assert "Your list: 2 papers" in text_of(await world.run("saved"))


async def test_a_list_that_is_pasted_into_the_form_teaches(world: World) -> None:
    opened = await world.run("teach")
    assert opened.form is not None
    assert opened.form.command is BY_NAME["teach"]
    library = """@misc{one, title = {Attention in {Small} Places}}
        @misc{two, title = {Another}, eprint = {2511.00002}}
        @misc{three, title = {Never Heard Of}}"""
    done = await world.commands.submit(BY_NAME["teach"], {"papers": library}, "", ADA, HERE, world.room)
    assert not isinstance(done, Mapping)
    said = text_of(done)
    assert "You have 2 examples" in said
    assert "Not stored here, and so left out: “Never Heard Of”." in said
    assert await marks(world) == {Mark.EXAMPLE: [ATTENTION, ADAPTERS]}


async def test_what_could_not_be_read_is_told(world: World) -> None:
    said = text_of(await world.run("teach 2511.00001 9999.99999 <!channel> `more` and 5 6 7"))
    assert "You have 1 example" in said
    assert (
        "Neither ids nor links of papers: “9999.99999”, “<!channel>”, “'more'”, “and”, “5” and 2 more."
        in said
    )
    said = text_of(
        await world.run("teach @misc{a, title={One} @misc{two, title = {Another}, eprint = {2511.00002}}")
    )
    assert "1 entry could not be read: not whole, or with neither an id nor a title." in said


async def test_words_behind_teach_are_searched_for(world: World) -> None:
    said = text_of(await world.run("teach robots"))
    assert "Searched for “teach robots”; `teach` takes links or ids of papers" in said


async def test_more_than_fifty_papers_are_not_looked_at(world: World) -> None:
    named = " ".join(["2511.00001", *(f"2511.1{number:04}" for number in range(52))])
    said = text_of(await world.run(f"teach {named}"))
    assert "Only the first 50 were looked at; 3 were not." in said
    assert "2511.10000, 2511.10001, 2511.10002, 2511.10003, 2511.10004 and 44 more." in said


async def test_a_managers_examples_are_shown_and_forgotten(world: World) -> None:
    one = await world.channel()
    await world.run("channel teach 2511.00001 2511.00002")

    shown = await world.run("channel show")
    assert "Papers like its 2 examples come first." in text_of(shown)
    assert "Ada: Taught with 2 examples." in text_of(shown)
    forget = buttons_of(shown)["Forget its examples"]
    assert "Only who may manage #ml-papers" in text_of(await world.press(forget, BEN))
    assert len(await world.store.people.marked(one.recipient_id, Mark.EXAMPLE)) == 2

    assert "has no examples any more" in text_of(await world.press(forget, ADA, DIRECT))
    assert "examples come first" not in text_of(await world.run("channel show"))
    assert await world.store.people.marked(one.recipient_id, Mark.EXAMPLE) == []


async def test_what_is_tried_out_comes_in_the_channels_own_order(world: World) -> None:
    one = replace(await world.channel(), maximum=1)
    rankings, now = world.services.rankings, world.clock.now()
    await world.run("channel teach 2511.00007")

    common, *_ = await preview_days(world.store, rankings, one, now)
    own, *_ = await preview_days(world.store, rankings, one, now, world.services.tasting)

    assert common.titles == ("Attention in Small Places",)
    assert own.titles == ("Robots that Read",)


async def test_the_form_of_a_channel_teaches_that_channel_wherever_it_is_sent(world: World) -> None:
    one = await world.channel()
    opened = await world.run("channel teach")
    assert opened.form is not None
    command, subject = opened.form.command, opened.form.subject
    values = {"papers": "2511.00001"}
    refused = await world.commands.submit(command, values, subject, BEN, DIRECT, world.room)
    done = await world.commands.submit(command, values, subject, ADA, DIRECT, world.room)
    assert not isinstance(refused, Mapping)
    assert not isinstance(done, Mapping)
    assert "Only who may manage" in text_of(refused)
    assert "#ml-papers has 1 example" in text_of(done)
    assert len(await world.store.people.marked(one.recipient_id, Mark.EXAMPLE)) == 1


# --- what a team saves ---------------------------------------------------------------------------


async def test_saves_count_in_a_channel_only_once_a_manager_wants_it(world: World) -> None:
    one = await world.channel()
    assert "counts in this channel" not in text_of(await world.press(Action(Verb.SAVE, ADAPTERS), BEN))
    assert "Only who may manage" in text_of(await world.run("channel team yes", BEN))

    await world.run("channel team yes")
    assert "set already" in text_of(await world.run("channel team yes"))
    assert "What three people or more save here comes first." in text_of(await world.run("channel show"))
    for actor in (ADA, BEN):
        said = text_of(await world.press(Action(Verb.SAVE, ADAPTERS), actor))
        assert "It counts in this channel, without your name. `/papers settings team=no`" in said
    assert titles_of(await world.run("today"))[0] == "Attention in Small Places", "two are too few"

    await world.run("save 2511.00002", KIM)
    shown = await world.run("today")
    assert titles_of(shown)[0] == "Low-Rank Adapters for Maps"
    assert cards_of(shown)[0].facts[0].text == "Saved by 3 people here"
    assert titles_of(await world.run("trending week"))[0] == "Low-Rank Adapters for Maps"
    assert titles_of(await world.run("today", ADA, DIRECT))[0] == "Attention in Small Places", "not elsewhere"
    seen = text_of(await world.run("channel preview"))
    assert seen.index("Low-Rank Adapters") < seen.index("Attention in Small Places")
    assert not any(name in seen for name in ("Ben", "Kim"))

    assert "none of them is kept" in text_of(await world.run("channel team no"))
    assert titles_of(await world.run("today"))[0] == "Attention in Small Places"
    assert not await world.store.taste.has_team(one.id)


async def test_a_save_that_is_taken_back_or_kept_out_does_not_count(world: World) -> None:
    await world.channel()
    await world.run("channel team yes")
    for actor in (ADA, BEN, KIM):
        await world.run("save 2511.00002", actor)
    first = "Low-Rank Adapters for Maps"
    assert titles_of(await world.run("today"))[0] == first

    await world.press(Action(Verb.UNSAVE, ADAPTERS), KIM)
    assert titles_of(await world.run("today"))[0] != first
    await world.run("save 2511.00002", KIM)
    assert titles_of(await world.run("today"))[0] == first

    await world.run("settings team=no", BEN)
    assert titles_of(await world.run("today"))[0] != first
    assert "counts in this channel" not in text_of(await world.run("save 2511.00002", BEN))
    assert "counts in this channel" not in text_of(await world.run("save 2511.00001", ADA, DIRECT))
