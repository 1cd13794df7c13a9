"""Who may do what: looked up anew each time, and nothing is stored of whoever may not."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.commands.actions import Action, Verb
from bot.commands.model import Actor, Command, Permission, Reply, Standing
from bot.commands.registry import BY_NAME, COMMANDS
from bot.errors import DiskFullError
from bot.model import DestinationState
from bot.people.model import Mark
from tests.contract.commands import (
    ADA,
    ATTENTION,
    BEN,
    CHANNEL,
    DIRECT,
    GUEST,
    HERE,
    STRANGER,
    World,
    buttons_of,
    text_of,
)

PERSONAL = [one for one in COMMANDS if one.permission is Permission.MEMBER]
MANAGING = [one for one in COMMANDS if one.permission is Permission.MANAGER]


@pytest.mark.parametrize("actor", [GUEST, STRANGER], ids=["guest", "external"])
@pytest.mark.parametrize("command", [*PERSONAL, *MANAGING], ids=lambda one: one.name)
async def test_nothing_is_stored_of_guests_and_strangers(
    world: World, actor: Actor, command: Command
) -> None:
    world.room.managers.add(actor.identity.user)  # whatever the platform says
    for text in command.examples:
        reply = await world.run(text, actor)
        assert "Nothing is stored of you" in text_of(reply)
        assert not reply.shared
        assert reply.form is None
    assert await world.store.people.find(actor.identity) is None


async def test_whoever_counts_as_a_guest_since_nobody_can_tell_is_told_why(world: World) -> None:
    unknown = replace(BEN, standing=Standing.GUEST, why="Nobody can tell. Ask `maya`.")
    assert text_of(await world.run("save 2511.00001", unknown)) == "Nobody can tell. Ask `maya`.\n"
    assert "Nobody can tell. Ask `maya`." in text_of(await world.commands.home(unknown, HERE, world.room))


async def test_whoever_is_no_member_any_more_can_still_end_have_and_delete_what_was_stored(
    world: World,
) -> None:
    await world.run("save 2511.00001", BEN)
    await world.run("subscribe attention", BEN)
    guest = replace(BEN, standing=Standing.GUEST)
    taken = await world.run("my-data", guest)
    assert taken.attachment is not None
    assert "2511.00001" in taken.attachment.content
    assert "has ended" in text_of(await world.run("unsubscribe 1", guest))
    asked = await world.run("forget-me", guest)
    assert "Delete all that is stored of me" in buttons_of(asked)
    await world.press(Action(Verb.FORGET), guest)
    assert await world.store.people.find(BEN.identity) is None


@pytest.mark.parametrize("text", ["today", "search attention", "why 2511.00001", "status", "help"])
async def test_guests_may_search_and_read(world: World, text: str) -> None:
    said = text_of(await world.run(text, GUEST))
    assert "Nothing is stored of you" not in said
    assert await world.store.people.find(GUEST.identity) is None


@pytest.mark.parametrize("verb", [Verb.SAVE, Verb.HIDE, Verb.SHARE, Verb.BAN, Verb.SUBSCRIBE, Verb.FORGET])
async def test_guests_press_no_button_that_stores_or_posts(world: World, verb: Verb) -> None:
    reply = await world.press(Action(verb, ATTENTION), GUEST)
    assert "Nothing is stored of you" in text_of(reply)
    assert not reply.shared
    assert await world.store.people.find(GUEST.identity) is None


@pytest.mark.parametrize("command", MANAGING, ids=lambda one: one.name)
async def test_only_who_may_manage_the_channel_does(world: World, command: Command) -> None:
    await world.channel()
    for text in command.examples:
        said = text_of(await world.run(text, BEN))
        assert said == "Only who may manage #ml-papers can do that. `status` tells how it stands.\n"
    assert await world.store.people.find(BEN.identity) is None


async def test_a_channels_commands_are_for_channels(world: World) -> None:
    said = text_of(await world.run("channel add at=9:00", ADA, DIRECT))
    assert said == "That is for a channel. Use it in the one that you mean.\n"


async def test_the_right_is_asked_for_again_when_the_form_is_submitted(world: World) -> None:
    opened = await world.run("channel add")
    assert opened.form is not None
    world.room.managers.clear()
    done = await world.commands.submit(
        opened.form.command, opened.form.values, opened.form.subject, ADA, HERE, world.room
    )
    assert isinstance(done, Reply)
    assert "Only who may manage #ml-papers" in text_of(done)
    assert await world.store.destinations.list() == []


async def test_a_button_acts_for_whoever_presses_it_in_the_destinations_own_channel(world: World) -> None:
    one = await world.channel()
    for action in (
        Action(Verb.REMOVE, one.id),
        Action(Verb.FIRST, one.id),
        Action(Verb.BAN, f"{one.id} {ATTENTION}"),
        Action(Verb.FORM, f"channel edit {one.id}"),
    ):
        world.room.asked.clear()
        assert "Only who may manage #ml-papers" in text_of(await world.press(action, BEN, DIRECT))
        assert world.room.asked == [("U-BEN", CHANNEL)]
    found = await world.store.destinations.by_name(one.id)
    assert found is not None
    assert found.state is DestinationState.ACTIVE
    assert world.served == []


async def test_a_form_names_no_other_command_to_escape_its_rights(world: World) -> None:
    one = await world.channel()
    done = await world.commands.submit(BY_NAME["channel remove"], {}, one.id, BEN, HERE, world.room)
    assert isinstance(done, Reply)
    assert "Only who may manage" in text_of(done)


async def test_ones_own_subscriptions_are_ones_own(world: World) -> None:
    await world.run("subscribe attention")
    person = await world.store.people.find(ADA.identity)
    assert person is not None
    (subscription,) = await world.store.people.subscriptions(person.recipient_id)
    (own,) = await world.store.destinations.owned(person.recipient_id)
    await world.store.people.meet(BEN.identity, "Ben", "r-ben", world.clock.now())
    world.room.managers.add("U-BEN")  # of channels: nobody manages somebody's direct messages
    assert "has ended already" in text_of(await world.press(Action(Verb.UNSUBSCRIBE, subscription.id), BEN))
    assert "Only who may manage" in text_of(await world.press(Action(Verb.RESUME, own.id), BEN))
    assert "It is not paused." in text_of(await world.press(Action(Verb.RESUME, own.id), ADA, DIRECT))


# --- sharing -------------------------------------------------------------------------------------


async def test_sharing_waits_between_two_answers_of_one_person_at_one_place(world: World) -> None:
    share = Action(Verb.SHARE, "- attention")
    first = await world.press(share)
    assert first.shared
    assert buttons_of(first) == {}, "what all see is not for one to page through"
    again = await world.press(share)
    assert not again.shared
    assert text_of(again) == "You shared something here just now. Wait 30 s, then press again.\n"
    assert (await world.press(share, BEN)).shared


async def test_sharing_needs_the_right_to_post_there(world: World) -> None:
    world.room.speaks = False
    reply = await world.press(Action(Verb.SHARE, "- attention"))
    assert not reply.shared
    assert "You cannot post in #ml-papers" in text_of(reply)


async def test_there_is_nobody_to_share_with_in_a_direct_message(world: World) -> None:
    assert "Share with all here" not in buttons_of(await world.run("search attention", place=DIRECT))
    assert not (await world.press(Action(Verb.SHARE, "- attention"), place=DIRECT)).shared


async def test_sharing_can_be_switched_off(world: World) -> None:
    world.services = replace(world.services, sharing=False)
    assert "Share with all here" not in buttons_of(await world.run("search attention"))
    reply = await world.press(Action(Verb.SHARE, "- attention"))
    assert text_of(reply) == "Sharing answers is switched off here.\n"


# --- what goes wrong -----------------------------------------------------------------------------


async def test_a_bug_is_logged_once_without_what_was_typed(world: World) -> None:
    class Broken:
        async def now(self, _: object) -> object:
            raise RuntimeError("unmentionable words")

    world.services = replace(world.services, rankings=Broken())  # type: ignore[arg-type]  # the bug is meant
    with capture_logs() as logs:
        said = text_of(await world.run("trending week unmentionable words"))
    (entry,) = logs
    assert said.startswith("Something went wrong here, not with what you typed.")
    assert entry["id"] in said
    assert entry["kind"] == "RuntimeError"
    assert any("trending at " in frame for frame in entry["where"])
    assert "unmentionable" not in repr(logs)


async def test_the_operators_sentences_do_not_reach_a_chat(world: World) -> None:
    class Full:
        async def now(self, _: object) -> object:
            raise DiskFullError("/srv/secret/paperboy.db")

    world.services = replace(world.services, rankings=Full())  # type: ignore[arg-type]  # no more is asked of it
    with capture_logs() as logs:
        said = text_of(await world.run("today"))
    assert said.startswith("Paperboy cannot reach its store just now.")
    assert "/srv/secret" not in said
    assert "/srv/secret" in repr(logs)


async def test_hiding_is_ones_own_and_ruling_out_the_channels(world: World) -> None:
    one = await world.channel()
    await world.press(Action(Verb.HIDE, ATTENTION), BEN)
    assert "Attention in Small Places" not in text_of(await world.run("today", BEN))
    assert "Attention in Small Places" in text_of(await world.run("today", ADA))
    await world.press(Action(Verb.BAN, f"{one.id} {ATTENTION}"))
    assert "Attention in Small Places" not in text_of(await world.run("channel preview"))
    assert len(await world.store.people.marked(one.recipient_id, Mark.HIDDEN)) == 1
    assert "Attention in Small Places" in text_of(await world.run("search small places", BEN)), "asked for"
