"""The same call reaches the handler with equal arguments: typed at a terminal and in Slack, as a slash
command in Discord with its options, and by Discord's form.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.forms import pages
from adapters.discord.offer import COMMANDS
from adapters.discord.render import messages
from adapters.terminal.session import Session
from adapters.terminal.surface import person
from bot.commands.actions import Verb
from bot.commands.channels import applied
from bot.commands.model import Call, Command, Kind, Option, Reply
from bot.commands.ports import Surface
from bot.commands.service import Commands
from bot.commands.services import Services
from bot.commands.table import FORMS
from bot.commands.text import read_text
from bot.commands.view import button, buttons, say
from bot.commands.wording import days_in
from bot.model import Destination
from tests.clocks import StillClock
from tests.platform.discord.discord_bot import DiscordBot, Scene, discord_bot
from tests.platform.discord.test_buttons import posted
from tests.platform.discord.test_commands import options_of, typed
from tests.platform.slack_bot import slack_bot
from tests.servers.discord.server import DiscordServer
from tests.servers.slack import SlackServer, workspace

CASES = [
    (command, text)
    for command in COMMANDS
    if command.options
    for text in command.examples
    if read_text(text).values
]


class Heard(Commands):
    """Keeps every call that reaches a handler."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.calls: list[Call] = []

    async def _handle(self, call: Call, surface: Surface) -> Reply:
        del surface
        self.calls.append(call)
        return say("Heard.")


def hearing(heard: list[Heard]) -> Callable[[Services], Commands]:
    def made(services: Services) -> Commands:
        heard.append(Heard(services))
        return heard[-1]

    return made


def test_every_command_with_options_is_here() -> None:
    assert {command.name for command, _ in CASES} == {one.name for one in COMMANDS if one.options}


@pytest.mark.parametrize(("command", "text"), CASES, ids=[text for _, text in CASES])
async def test_every_surface_reaches_the_handler_alike(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path, command: Command, text: str
) -> None:
    heard: list[Heard] = []
    async with discord_bot(server, clock, tmp_path / "home", hearing(heard)) as bot:
        asked = await server.command(
            typed(command), options_of(command, text), user=scene.keeper, channel=scene.channel
        )
        await asked.message()
        (by_slash,) = heard[0].calls
        at_terminal = Heard(bot.world.services)
        await Session(at_terminal, person("maya"), tmp_path).answer(text)
        (by_line,) = at_terminal.calls
        by_slack = await in_slack(clock, tmp_path / "slack", text)
        for other in (by_line, by_slack):
            assert other.command.name == by_slash.command.name == command.name
            assert taken(other, command) == taken(by_slash, command)
        if command.name in FORMS and fields(command) & read_text(text).values.keys():
            await by_form(bot, scene, command, text, by_slash, heard[0])


def fields(command: Command) -> set[str]:
    """What the pages of its form ask for."""
    return {one.name for page in pages(command) for one in page.options}


def taken(call: Call, command: Command) -> dict[str, Any]:
    """The arguments that every surface knows."""
    own = {one.name for one in command.options if one.surface}
    return {name: value for name, value in call.arguments.items() if name not in own}


async def in_slack(clock: StillClock, folder: Path, text: str) -> Call:
    heard: list[Heard] = []
    async with SlackServer(clock.now) as slack:
        team = workspace(slack)
        async with slack_bot(
            slack, team, clock, folder, commands=hearing(heard), slack_managers=[team.maya.id]
        ):
            asked = await slack.command("/papers", text, user=team.maya, channel=team.channel)
            await asked.message()
    (call,) = heard[0].calls
    return call


async def by_form(
    bot: DiscordBot, scene: Scene, command: Command, text: str, by_slash: Call, heard: Heard
) -> None:
    """Fills in the page of the form that has what the text says."""
    there = (
        await set_up(bot, by_slash) if command.group == "channel" and command.name != "channel add" else None
    )
    digest = there if command.name == "channel edit" else None
    values = read_text(text).values
    shown = pages(command)
    page = next(number for number, one in enumerate(shown) if values.keys() & {x.name for x in one.options})
    subject = await subscribed(bot, by_slash) if command.name == "subscription edit" else ""
    offer = say("A form.", *buttons(button("Open", Verb.FORM, f"{command.name} {subject}".strip())))
    opened = await bot.server.press(
        posted(bot, scene.channel, messages(offer.doc)[0]), "Open", user=scene.keeper
    )
    if len(shown) > 1:
        overview = await opened.message()
        opened = await bot.server.press(overview, shown[page].title, user=scene.keeper)
    asked = {one.name: one for one in shown[page].options}
    filled = {name: chosen(asked[name], value) for name, value in values.items() if name in asked}
    # The form suggests a time zone, which the text may leave out.
    if "zone" in asked and digest is None and not subject:
        filled = {"zone": ""} | filled
    submitted = await bot.server.submit(await opened.modal(), filled)
    await submitted.message()
    call = heard.calls[-1]
    assert call.command == by_slash.command
    assert (call.actor, call.place) == (by_slash.actor, by_slash.place)
    if subject:  # as with a channel; what is said of it with a number is carried by the form
        assert call.subject == subject
        assert [call.arguments[name] for name in filled] == [by_slash.arguments[name] for name in filled]
    elif command.name == "settings":  # as with a channel
        assert by_slash.arguments.items() <= call.arguments.items()
    elif digest is None:  # what has no field can be changed right after
        beside = values.keys() - asked.keys()
        mine, others = [
            {name: value for name, value in one.arguments.items() if name not in beside}
            for one in (call, by_slash)
        ]
        assert mine == others
    else:  # a form of what there is already says all of its page, and a slash command only what changes
        assert applied(digest, call.arguments) == applied(digest, by_slash.arguments)


def chosen(option: Option, text: str) -> Any:
    """What somebody chooses in the form to say what the text says."""
    match option.kind:
        case Kind.CHOICE:
            return [text]
        case Kind.DAYS:
            return sorted(days_in(text))
        case _:
            return text


async def subscribed(bot: DiscordBot, call: Call) -> str:
    """The id of a subscription of theirs."""
    commands = Commands(bot.world.services)
    await commands.run("subscribe towels zone=UTC", call.actor, call.place, bot.discord.surface)
    person = await bot.store.people.find(call.actor.identity)
    assert person is not None
    (made,) = await bot.store.people.subscriptions(person.recipient_id)
    return made.id


async def set_up(bot: DiscordBot, call: Call) -> Destination:
    """The channel's digest, which is then edited."""
    commands = Commands(bot.world.services)
    surface = bot.discord.surface
    await commands.run("channel add at=9:00 zone=Europe/Berlin", call.actor, call.place, surface)
    (made,) = await bot.store.destinations.list()
    return made
