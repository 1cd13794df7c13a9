"""Slash commands, as people type them: registered once, answered privately, each of them."""

from pathlib import Path
from typing import Any

import pytest

from adapters.discord.offer import BY_NAME, COMMANDS
from adapters.discord.tree import SAVE, SIMILAR, slash
from bot.commands.model import Command, Kind, Reply
from bot.commands.service import Commands
from bot.commands.services import Services
from bot.commands.text import read_text
from tests.clocks import StillClock
from tests.contract.commands import buttons_of
from tests.platform.discord.discord_bot import DiscordBot, Scene, actions_of, discord_bot, text_of
from tests.servers.discord.controls import inputs
from tests.servers.discord.interaction_state import Callback
from tests.servers.discord.payloads import ImpossibleError
from tests.servers.discord.server import DiscordServer

PUT = ("PUT", "/applications/{application_id}/commands")
EXAMPLES = [
    (BY_NAME[read_text(text).command.name], text) for command in COMMANDS for text in command.examples
]


def options_of(command: Command, text: str) -> dict[str, Any]:
    """The options of a slash command that say what the text says."""
    kinds = {one.name: one.kind for one in command.options}
    values = read_text(text).values
    return {name: int(text) if kinds[name] is Kind.NUMBER else text for name, text in values.items()}


def typed(command: Command) -> str:
    return slash("papers", command).removeprefix("/")


# --- registering ---------------------------------------------------------------------------------


async def test_commands_are_registered_and_not_again(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    for _ in range(2):
        async with discord_bot(server, clock, tmp_path / "home"):
            pass
    assert len(server.called(*PUT)) == 1
    async with discord_bot(server, clock, tmp_path / "home", discord_command="science"):
        pass
    assert len(server.called(*PUT)) == 2


# --- answers -------------------------------------------------------------------------------------


class Remembering(Commands):
    """Keeps what it answered."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.replies: list[Reply] = []

    async def call(self, *args: Any) -> Reply:
        self.replies.append(await super().call(*args))
        return self.replies[-1]


@pytest.mark.parametrize(("command", "text"), EXAMPLES, ids=[text for _, text in EXAMPLES])
async def test_every_command_is_answered_to_this_person_alone_with_all_its_buttons(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path, command: Command, text: str
) -> None:
    answering: list[Remembering] = []

    def remembering(services: Services) -> Commands:
        answering.append(Remembering(services))
        return answering[0]

    async with discord_bot(server, clock, tmp_path / "home", remembering):
        asked = await server.command(
            typed(command), options_of(command, text), user=scene.keeper, channel=scene.channel
        )
        if await asked.callback() is Callback.MODAL:
            assert command.form
            return
        message = await asked.message()
        assert text_of(message)
        assert asked.private
        assert scene.channel.messages == {}
        (reply,) = answering[0].replies
        assert buttons_of(reply).keys() <= actions_of(message).keys()


@pytest.mark.parametrize("name", ["today", "trending", "saved", "status", "help", "my-data"])
async def test_commands_are_answered_in_direct_messages_and_stay_there(
    bot: DiscordBot, scene: Scene, name: str
) -> None:
    direct = bot.server.world.direct(scene.reader)
    asked = await bot.server.command(f"papers {name}", user=scene.reader, channel=direct)
    assert text_of(await asked.message())
    assert not asked.private
    assert len(direct.messages) == 1


async def test_who_took_the_app_along_is_answered_privately_in_any_server(
    bot: DiscordBot, scene: Scene
) -> None:
    elsewhere = bot.server.world.guild("Elsewhere", bot=False)
    channel = elsewhere.text_channel()
    eve = elsewhere.member("eve").user
    bot.server.world.user_installs.add(eve.id)
    asked = await bot.server.command("papers search", {"query": "attention"}, user=eve, channel=channel)
    assert "Attention in Small Places" in text_of(await asked.message())
    assert asked.private
    share = await bot.server.command("papers status", user=eve, channel=channel)
    assert "No digest is set up" in text_of(await share.message())
    with pytest.raises(ImpossibleError):
        await bot.server.command("papers-channel add", user=eve, channel=channel)


async def test_plain_words_win(bot: DiscordBot, scene: Scene) -> None:
    asked = await bot.server.command(
        "papers paper", {"paper": "small attention"}, user=scene.reader, channel=scene.channel
    )
    answer = text_of(await asked.message())
    assert "takes a paper" in answer
    assert "Attention in Small Places" in answer


async def test_what_is_set_up_in_a_post_of_a_forum_is_for_the_forum(bot: DiscordBot, scene: Scene) -> None:
    forum = scene.guild.forum("reading", tags=["News"], require_tag=True)
    post = scene.guild.thread(forum, "hello", owner=scene.keeper)
    asked = await bot.server.command("papers-channel add", user=scene.keeper, channel=post)
    assert "wants a tag on every post" in text_of(await asked.message())
    added = await bot.server.command(
        "papers-channel add", {"at": "9:00", "tag": "news"}, user=scene.keeper, channel=post
    )
    assert "#reading" in text_of(await added.message())
    (made,) = await bot.store.destinations.list()
    assert made.route.address == f"{scene.guild.id}/{forum.id}"
    assert (made.posting.forum, made.posting.tag) == (True, forum.tags[0].id)


async def test_a_thread_has_a_digest_of_its_own(bot: DiscordBot, scene: Scene) -> None:
    thread = scene.guild.thread(scene.channel, "reading group", owner=scene.keeper)
    added = await bot.server.command("papers-channel add", {"at": "9:00"}, user=scene.keeper, channel=thread)
    assert "reading group" in text_of(await added.message())
    (made,) = await bot.store.destinations.list()
    assert made.route.address == f"{scene.guild.id}/{thread.id}"


async def test_roles_are_chosen_and_kept_by_their_id(bot: DiscordBot, scene: Scene) -> None:
    readers = scene.guild.role("readers", mentionable=True)
    added = await bot.server.command(
        "papers-channel add",
        {"at": "9:00", "mention": readers, "max": 3},
        user=scene.keeper,
        channel=scene.channel,
    )
    await added.message()
    (made,) = await bot.store.destinations.list()
    assert (made.posting.mention, made.maximum) == (readers.id, 3)


async def test_an_export_comes_as_a_file(bot: DiscordBot, scene: Scene) -> None:
    saved = await bot.server.command(
        "papers save", {"paper": "2511.00001"}, user=scene.reader, channel=scene.channel
    )
    await saved.message()
    asked = await bot.server.command(
        "papers export", {"format": "ris"}, user=scene.reader, channel=scene.channel
    )
    answer = await asked.message()
    (file,) = answer.attachments
    assert file["filename"] == "papers.ris"
    assert asked.private


async def test_the_plot_comes_behind_why_with_its_alternative(bot: DiscordBot, scene: Scene) -> None:
    asked = await bot.server.command(
        "papers why", {"paper": "2511.00001"}, user=scene.reader, channel=scene.channel
    )
    answer = await asked.message()
    await bot.discord.finish()
    (file,) = answer.attachments
    (gallery,) = [one for one in answer.components if one["type"] == 12]
    (item,) = gallery["items"]
    assert file["filename"] == "arxiv-2511.00001.png"
    assert item["description"] == file["description"]
    assert item["description"] == "“Attention in Small Places”. Upvotes rose from 18 to 90 in 4 h."
    assert "place 1 of 7" in text_of(answer)  # what was there first is there still
    assert asked.private


async def test_why_says_that_its_plot_could_not_be_drawn(bot: DiscordBot, scene: Scene) -> None:
    bot.painter.fails = "The plot could not be drawn in time."
    asked = await bot.server.command(
        "papers why", {"paper": "2511.00001"}, user=scene.reader, channel=scene.channel
    )
    answer = await asked.message()
    await bot.discord.finish()
    assert answer.attachments == []
    assert "place 1 of 7" in text_of(answer)
    assert "The plot could not be drawn in time." in text_of(answer)


# --- rights --------------------------------------------------------------------------------------


async def test_who_manages_no_channel_is_not_offered_what_manages_one(bot: DiscordBot, scene: Scene) -> None:
    with pytest.raises(ImpossibleError):
        await bot.server.command("papers-channel show", user=scene.reader, channel=scene.channel)


async def test_rights_count_when_a_form_is_submitted(bot: DiscordBot, scene: Scene) -> None:
    asked = await bot.server.command("papers-channel add", user=scene.keeper, channel=scene.channel)
    form = await asked.modal()
    scene.guild.give(scene.maya)  # no role any more
    refused = await bot.server.submit(form)
    assert "Only who may manage" in text_of(await refused.message())
    assert await bot.store.destinations.list() == []


# --- forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "title", "labels"),
    [
        ("papers subscribe", "Subscribe", ["Query", "How often", "Time", "Time zone", "Days"]),
        ("papers settings", "Your settings", ["Time zone", "For you", "My saves in channels"]),
        ("papers-channel add", "Add a digest", ["Time", "Time zone", "Days", "Topic", "Filter"]),
    ],
)
async def test_a_command_alone_opens_its_form(
    bot: DiscordBot, scene: Scene, name: str, title: str, labels: list[str]
) -> None:
    asked = await bot.server.command(name, user=scene.keeper, channel=scene.channel)
    form = (await asked.modal()).form
    assert (form["title"], inputs(form)) == (title, labels)


async def test_a_channel_is_set_up_by_its_form_and_changed_page_by_page(
    bot: DiscordBot, scene: Scene
) -> None:
    server = bot.server
    asked = await server.command("papers-channel add", user=scene.keeper, channel=scene.channel)
    added = await server.submit(
        await asked.modal(), {"Time": "8:15", "Time zone": "Europe/Berlin", "Topic": ["vision"]}
    )
    told = await added.message()
    assert added.private
    assert "Set up for #papers" in text_of(told)
    (made,) = await bot.store.destinations.list()
    assert (f"{made.schedule.at:%H:%M}", made.schedule.zone, made.query) == (
        "08:15",
        "Europe/Berlin",
        "cat:vision",
    )

    change = await server.press(told, "Change it", user=scene.keeper)
    pages = await change.message()
    names = ["When", "Which papers", "How many", "How it looks", "Who else reads it"]
    assert list(actions_of(pages)) == names
    opened = await server.press(pages, "How it looks", user=scene.keeper)
    form = await opened.modal()
    assert form.form["title"] == "Change this digest: how it looks"
    readers = scene.guild.role("readers", mentionable=True)
    changed = await server.submit(form, {"Layout": ["cards"], "Mention": [readers]})
    assert "Changed" in text_of(await changed.message())
    (edited,) = await bot.store.destinations.list()
    assert (edited.layout, edited.posting.mention) == ("cards", readers.id)
    assert (edited.schedule, edited.query) == (made.schedule, made.query)


async def test_a_mistake_in_a_form_can_be_corrected_with_what_was_typed(
    bot: DiscordBot, scene: Scene
) -> None:
    server = bot.server
    asked = await server.command("papers subscribe", user=scene.reader, channel=scene.channel)
    wrong = await server.submit(await asked.modal(), {"Query": "zebra fish", "Time": "25:00"})
    told = await wrong.message()
    assert wrong.private
    assert "25:00" in text_of(told)
    again = await server.press(told, "Correct it", user=scene.reader)
    form = await again.modal()
    shown = {one["label"]: one["component"].get("value") for one in form.form["components"]}
    assert (shown["Query"], shown["Time"]) == ("zebra fish", "25:00")
    done = await server.submit(form, {"Time": "18:00"})
    assert "You are subscribed" in text_of(await done.message())


# --- menus of messages ---------------------------------------------------------------------------


async def test_papers_like_those_of_a_message(bot: DiscordBot, scene: Scene) -> None:
    message = bot.server.world.say(
        scene.channel, scene.keeper, "Have you seen https://arxiv.org/abs/2511.00001?"
    )
    asked = await bot.server.message_command(SIMILAR, message, user=scene.reader)
    assert "Kernels for Flash Attention" in text_of(await asked.message())
    assert asked.private


async def test_the_papers_of_a_message_are_saved(bot: DiscordBot, scene: Scene) -> None:
    message = bot.server.world.say(scene.channel, scene.keeper, "2511.00001 and arXiv:2511.00003")
    asked = await bot.server.message_command(SAVE, message, user=scene.reader)
    await asked.message()
    saved = await bot.server.command("papers saved", user=scene.reader, channel=scene.channel)
    shown = text_of(await saved.message())
    assert "Attention in Small Places" in shown
    assert "Speech Recognition" in shown


@pytest.mark.parametrize("menu", [SIMILAR, SAVE])
async def test_a_message_without_papers_says_so(bot: DiscordBot, scene: Scene, menu: str) -> None:
    message = bot.server.world.say(scene.channel, scene.keeper, "Good morning.")
    asked = await bot.server.message_command(menu, message, user=scene.reader)
    assert "names no paper" in text_of(await asked.message())
