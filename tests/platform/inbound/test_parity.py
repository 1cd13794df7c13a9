"""The same call by text and by form reaches the handler with equal arguments, all the way through Slack."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import forms
from adapters.slack.render import blocks_of
from bot.commands.actions import Verb
from bot.commands.channels import applied
from bot.commands.model import Call, Command, Kind, Option, Reply
from bot.commands.ports import Surface
from bot.commands.registry import COMMANDS, offered
from bot.commands.service import Commands
from bot.commands.services import Services
from bot.commands.text import read_text
from bot.commands.view import button, buttons, say
from bot.model import Destination
from bot.schedule.zones import parse_days
from tests.clocks import StillClock
from tests.platform.slack_bot import SlackBot, slack_bot
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.controls import with_ids
from tests.servers.slack.state import Message

CASES = [
    (offered(command, "slack", forms.LAYOUTS), text)
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


def chosen(option: Option, text: str) -> Any:
    """What somebody chooses in the form to say what the text says."""
    match option.kind:
        case Kind.CHOICE | Kind.ZONE:
            return forms.choice(text, text)
        case Kind.DAYS:
            days = [day.name.lower()[:3] for day in sorted(parse_days(text))]
            return [forms.choice(day, day) for day in days]
        case Kind.TIME:
            hours, minutes = text.split(":")
            return f"{int(hours):02}:{minutes}"
        case _:
            return text


def test_every_command_with_options_is_here() -> None:
    assert {command.name for command, _ in CASES} == {one.name for one in COMMANDS if one.options}


@pytest.mark.parametrize(("command", "text"), CASES, ids=[text for _, text in CASES])
async def test_text_and_form_reach_the_handler_alike(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, command: Command, text: str
) -> None:
    heard: list[Heard] = []

    def made(services: Services) -> Commands:
        heard.append(Heard(services))
        return heard[0]

    async with slack_bot(slack, scene, clock, tmp_path, commands=made, slack_managers=[scene.maya.id]) as bot:
        await (await slack.command("/papers", text, user=scene.maya, channel=scene.channel)).message()
        (by_text,) = heard[0].calls
        digest = None
        if command.group == "channel" and command.name != "channel add":
            there = await set_up(bot, by_text)
            digest = there if command.name == "channel edit" else None
        subject = await subscribed(bot, by_text) if command.name == "subscription edit" else ""
        opening = opener(slack, scene, f"{command.name} {subject}".strip())
        form = await (await slack.press(opening, "Open", user=scene.maya)).view()
        values = filled(command, text)
        await (await slack.submit(form, values, user=scene.maya)).view()
        by_form = heard[0].calls[1]
        assert by_text.command == by_form.command == command
        assert by_form.actor == by_text.actor
        assert by_form.place == replace(by_text.place, spoke=False)  # the form was opened by a button
        if subject:  # as with a channel; text names it by its number
            assert by_form.subject == subject
            assert {name: by_form.arguments[name] for name in values} == {
                name: by_text.arguments[name] for name in values
            }
        elif command.name == "settings":  # its form says all that is set, and text only what changes
            assert by_text.arguments.items() <= by_form.arguments.items()
        elif digest is None:
            assert dict(by_form.arguments) == dict(by_text.arguments)
        else:  # a form of what there is already says all of it, and text only what changes
            assert applied(digest, by_form.arguments) == applied(digest, by_text.arguments)


def filled(command: Command, text: str) -> dict[str, Any]:
    """The form as it says what the text says; the time zone, which it suggests, is left out unless typed."""
    values = read_text(text).values
    options = {option.name: option for option in command.options}
    made = {name: chosen(options[name], value) for name, value in values.items()}
    suggested = {option.name: None for option in command.options if option.kind is Kind.ZONE}
    if command.name == "subscription edit":
        return {name: value for name, value in made.items() if name != "number"}
    return made if command.name == "channel edit" else suggested | made


async def subscribed(bot: SlackBot, call: Call) -> str:
    """The id of a subscription of theirs."""
    commands = Commands(bot.world.services)
    await commands.run("subscribe towels zone=UTC", call.actor, call.place, bot.slack.surface)
    person = await bot.store.people.find(call.actor.identity)
    assert person is not None
    (made,) = await bot.store.people.subscriptions(person.recipient_id)
    return made.id


async def set_up(bot: SlackBot, call: Call) -> Destination:
    """The channel's digest, which is then edited."""
    commands = Commands(bot.world.services)
    await commands.run("channel add at=9:00 zone=Europe/Berlin", call.actor, call.place, bot.slack.surface)
    (made,) = await bot.store.destinations.list()
    return made


def opener(slack: SlackServer, scene: Scene, form: str) -> Message:
    """A message with a button that opens a command's form."""
    blocks = blocks_of(say("A form.", *buttons(button("Open", Verb.FORM, form))).doc)
    return slack.world.say(scene.channel, scene.maya, "A form.", blocks=with_ids(blocks))
