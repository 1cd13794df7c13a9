"""Buttons and selects: whoever presses acts for themselves, however old the message is."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.discord.offer import SURFACE
from adapters.discord.render import Message as Rendered
from adapters.discord.render import messages
from bot.commands.actions import Action, Verb
from bot.commands.view import button, buttons, say
from bot.editions.preview import preview
from bot.model import Destination, IdScheme, Layout, PaperId, Slot
from bot.people.model import Identity, Mark
from bot.ports import Parcel
from bot.view.doc import to_json
from tests.clocks import StillClock
from tests.contract.commands import ATTENTION, NOW
from tests.contract.rows import queue
from tests.platform.discord.discord_bot import DiscordBot, Scene, actions_of, discord_bot, text_of
from tests.servers.discord.message_rules import BUTTON, every
from tests.servers.discord.permissions import Permission
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Channel, Message, User

COMPONENTS_V2 = 1 << 15


async def a_digest(bot: DiscordBot, scene: Scene, layout: Layout = Layout.COMPACT) -> Message:
    """A channel's digest, posted."""
    added = await bot.server.command(
        "papers-channel add", {"at": "9:00", "layout": layout}, user=scene.keeper, channel=scene.channel
    )
    await added.message()
    (destination,) = await bot.store.destinations.list()
    made = await preview(bot.store, destination, Slot(NOW.date(), NOW), NOW)
    return posted(bot, scene.channel, messages(made.doc, layout, key="a key")[0])


def posted(bot: DiscordBot, channel: Channel, message: Rendered) -> Message:
    """A message of ours, as the API would have made it."""
    view, world = message.view, bot.server.world
    assert view is not None
    return world.say(
        channel,
        world.bot,
        "",
        components=view.to_components(),
        embeds=[one.to_dict() for one in message.embeds],
        flags=COMPONENTS_V2 if view.has_components_v2() else 0,
    )


async def saved_by(bot: DiscordBot, user: str) -> list[int]:
    person = await bot.store.people.find(Identity("discord", "", user))
    if person is None:
        return []
    return [one.paper_id for one in await bot.store.people.marked(person.recipient_id, Mark.SAVED)]


@pytest.mark.parametrize("layout", [Layout.COMPACT, Layout.CARDS, Layout.EMBEDS])
async def test_a_paper_of_a_digest_is_chosen_and_saved_by_each_for_themselves(
    bot: DiscordBot, scene: Scene, layout: Layout
) -> None:
    digest = await a_digest(bot, scene, layout)
    paper = await bot.store.papers.find(PaperId(IdScheme.ARXIV, ATTENTION.removeprefix("arxiv:")))
    assert paper is not None
    for person in (scene.reader, scene.keeper):
        card = await a_card(bot, digest, person)
        pressed = await bot.server.press(card, f"p:{Action(Verb.SAVE, ATTENTION)}", user=person)
        assert "is on your list" in text_of(await pressed.message())
        assert pressed.private
        assert await saved_by(bot, person.id) == [paper.id]
    assert len(scene.channel.messages) == 1


async def a_card(bot: DiscordBot, digest: Message, person: User) -> Message:
    """The answer with one paper, which a digest opens by a select or by a button."""
    wanted = f"paper:{ATTENTION}"
    for _, one in every(digest.components):
        for option in one.get("options", ()):
            if option["value"].startswith(wanted):
                chosen = await bot.server.choose(digest, one["custom_id"], option["value"], user=person)
                return await chosen.message()
        if f":{wanted}" in str(one.get("custom_id")):
            pressed = await bot.server.press(digest, one["custom_id"], user=person)
            return await pressed.message()
    raise AssertionError(digest.components)


async def test_a_button_works_after_a_restart(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        digest = await a_digest(bot, scene)
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        card = await a_card(bot, digest, scene.reader)
        assert "Attention in Small Places" in text_of(card)


async def test_a_button_that_cannot_be_taken_back_asks_first(bot: DiscordBot, scene: Scene) -> None:
    server, reader = bot.server, scene.reader
    saved = await server.command("papers save", {"paper": "2511.00001"}, user=reader, channel=scene.channel)
    await saved.message()
    asked = await server.command("papers forget-me", user=reader, channel=scene.channel)
    question = await asked.message()
    pressed = await server.press(question, "Delete all that is stored of me", user=reader)
    sure = await pressed.message()
    assert "Are you sure?" in text_of(sure)
    assert await saved_by(bot, reader.id)
    done = await server.press(sure, "Delete all that is stored of me", user=reader)
    told = await done.update()
    assert text_of(told) == "All that was stored of you is deleted."
    assert await saved_by(bot, reader.id) == []


async def test_an_answer_is_shared_with_all_under_its_askers_name(bot: DiscordBot, scene: Scene) -> None:
    asked = await bot.server.command(
        "papers search", {"query": "speech"}, user=scene.reader, channel=scene.channel
    )
    answer = await asked.message()
    (share,) = [name for name, action in actions_of(answer).items() if "share:" in action]
    pressed = await bot.server.press(answer, share, user=scene.reader)
    shared = await pressed.message()
    assert not pressed.private
    assert "ben" in text_of(shared)
    assert list(scene.channel.messages.values()) == [shared]


async def test_sharing_needs_the_right_to_write_there(bot: DiscordBot, scene: Scene) -> None:
    asked = await bot.server.command(
        "papers search", {"query": "speech"}, user=scene.reader, channel=scene.channel
    )
    answer = await asked.message()
    (share,) = [name for name, action in actions_of(answer).items() if "share:" in action]
    scene.channel.overwrite(scene.ben, deny=Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS)
    pressed = await bot.server.press(answer, share, user=scene.reader)
    assert "You cannot post" in text_of(await pressed.message())
    assert scene.channel.messages == {}


async def test_a_button_of_another_version_says_so(bot: DiscordBot, scene: Scene) -> None:
    old = say("Old.", *buttons(button("Do it", Verb.SAVE, ATTENTION)))
    message = posted(bot, scene.channel, messages(old.doc)[0])
    for _, one in every(message.components):
        if one["type"] == BUTTON:
            one["custom_id"] = "p:dance:everywhere"
    pressed = await bot.server.press(message, "Do it", user=scene.reader)
    assert "another version" in text_of(await pressed.message())


async def test_only_who_may_manage_uses_what_manages_a_channel(bot: DiscordBot, scene: Scene) -> None:
    await a_digest(bot, scene)
    (destination,) = await bot.store.destinations.list()
    offer = say("Go on?", *buttons(button("End it", Verb.REMOVE, destination.id)))
    message = posted(bot, scene.channel, messages(offer.doc)[0])
    refused = await bot.server.press(message, "End it", user=scene.reader)
    assert "Only who may manage" in text_of(await refused.message())
    ended = await bot.server.press(message, "End it", user=scene.keeper)
    assert "has ended" in text_of(await ended.update())


async def test_who_manages_the_channel_deletes_a_posted_digest_with_one_click(
    bot: DiscordBot, scene: Scene
) -> None:
    await a_digest(bot, scene)
    scene.channel.messages.clear()
    (destination,) = await bot.store.destinations.list()
    chatter = bot.server.world.say(scene.channel, scene.reader, "Nice!")
    delivery = await delivered(bot, destination)
    assert len(scene.channel.messages) == 2
    asked = await bot.server.command("papers-channel show", user=scene.keeper, channel=scene.channel)
    shown = await asked.message()
    label = "Delete the digest of Thu 20 Nov"
    same = say("The same.", *buttons(button(label, Verb.DELETE, delivery)))
    other = posted(bot, scene.channel, messages(same.doc)[0])
    refused = await bot.server.press(other, label, user=scene.reader)
    assert "Only who may manage" in text_of(await refused.message())
    pressed = await bot.server.press(shown, label, user=scene.keeper)
    assert "The digest is deleted." in text_of(await pressed.message())
    assert list(scene.channel.messages.values()) == [chatter, other]


async def delivered(bot: DiscordBot, destination: Destination) -> str:
    """A digest of the channel, posted as the outbox has it posted; the delivery's id."""
    doc = to_json((await preview(bot.store, destination, Slot(NOW.date(), NOW), NOW)).doc)
    planned = await queue(bot.store, destination, [1], NOW, doc=doc)
    outbox, minute = bot.store.outbox, timedelta(minutes=1)
    (claimed,) = await outbox.claim("w", [SURFACE], NOW, minute, 1)
    await outbox.sending(claimed.id, claimed.fence, NOW, minute)
    receipt = await bot.discord.deliverer.send(
        Parcel(planned.id, planned.key, destination.route.address, doc, NOW, 1)
    )
    await outbox.sent(claimed.id, claimed.fence, NOW, receipt)
    return planned.id


async def test_rights_in_another_channel_are_asked_of_discord(bot: DiscordBot, scene: Scene) -> None:
    """A button of a notice stands in direct messages, and acts on a channel."""
    await a_digest(bot, scene)
    (destination,) = await bot.store.destinations.list()
    paused = await bot.server.command("papers-channel pause", user=scene.keeper, channel=scene.channel)
    await paused.message()
    notice = say("It is paused.", *buttons(button("Resume this digest", Verb.RESUME, destination.id)))
    for person, told in ((scene.reader, "Only who may manage"), (scene.keeper, "goes on")):
        message = posted(bot, bot.server.world.direct(person), messages(notice.doc)[0])
        pressed = await bot.server.press(message, "Resume this digest", user=person)
        assert told in text_of(await pressed.message())
