"""The one way in: text, submitted forms and pressed buttons become answers, whatever the surface.

Rights are looked up anew for whoever calls, each time. What cannot be done is said in a sentence; a bug is
logged once, without what was typed, under an id that the answer shows.

What comes in loses its backticks, which mean nothing to any command: so those in what is said of it are ours.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from bot.commands.actions import Action, Verb
from bot.commands.completing import Begun, completions
from bot.commands.handlers import home, papers, unreached
from bot.commands.model import (
    Actor,
    Call,
    Command,
    Completion,
    FormRequest,
    Later,
    Permission,
    Place,
    Press,
    Reply,
    Standing,
    Update,
)
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME, offered
from bot.commands.services import Services, address_of
from bot.commands.table import BUTTONS, FORMS, HANDLERS, PREVIEWS
from bot.commands.text import Reading, read_text, read_values
from bot.commands.turns import Turns
from bot.commands.values import ValuesError, call_from_values
from bot.commands.view import by_form, note, say, typed
from bot.errors import InputError, PaperboyError, StorageError
from bot.logs import whereabouts
from bot.model import PaperId
from bot.view.doc import Block, Doc, with_code
from bot.view.text import unticked

_log = structlog.get_logger(__name__)

Answered = Callable[[str, timedelta], object]
"""Told of the name of a command or a button, and how long its answer took."""

_BY_SUBJECT: Final = frozenset({"channel edit", "channel teach"})  # not only from the channel
_OUTDATED: Final = "This button is of another version of Paperboy and does nothing any more."


class Commands:
    """All commands over one set of services. May be called from any task of one event loop; never raises
    `PaperboyError`.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._turns = Turns()
        self._listeners: list[Answered] = []

    def on_answer(self, listener: Answered) -> None:
        """`listener` hears of every command and every button that did something."""
        self._listeners.append(listener)

    async def run(self, text: str, actor: Actor, place: Place, surface: Surface) -> Reply:
        """Answers what was typed behind the command's own name."""
        return await self._told(self._run(unticked(text), actor, place, surface), "text")

    async def call(
        self, command: Command, values: Mapping[str, str], actor: Actor, place: Place, surface: Surface
    ) -> Reply:
        """Answers a command whose options a surface asked for one by one; `values` are as they would be
        typed.
        """
        reading = read_values(offered(command, surface.name, surface.layouts), values)
        return await self._told(self._read(reading, actor, place, surface), command.name)

    async def submit(
        self,
        command: Command,
        values: Mapping[str, str],
        subject: str,
        actor: Actor,
        place: Place,
        surface: Surface,
    ) -> Reply | Mapping[str, str]:
        """Answers a form; or says, by the names of its fields, what is wrong with them."""
        command = offered(command, surface.name, surface.layouts)
        values = {name: unticked(text) for name, text in values.items()}
        try:
            arguments = call_from_values(command, values)
        except ValuesError as error:
            return error.by_option
        call = Call(
            command=command, arguments=arguments, actor=actor, place=place, values=values, subject=subject
        )
        return await self._told(self._handle(call, surface), command.name)

    async def press(self, action: str, actor: Actor, place: Place, surface: Surface) -> Reply:
        """Does what a button stands for."""
        return await self._told(self._press(unticked(action), actor, place, surface), "button")

    async def home(self, actor: Actor, place: Place, surface: Surface) -> Reply:
        """A person's own page."""
        return await self._told(home.home(actor, place, self._services, surface), "home")

    async def card(self, paper_id: PaperId) -> Doc | None:
        """One paper in short, for where a link to it was posted; `None` if nobody knows it."""
        try:
            return papers.card(await self._services.paper(paper_id))
        except InputError:
            return None

    async def preview(self, command: Command, values: Mapping[str, str]) -> Sequence[str]:
        """What these values would have brought lately, a line each; or what is wrong with them."""
        given = {name: text for name, text in values.items() if text}
        try:
            return await PREVIEWS[command.name](given, self._services)
        except ValuesError as error:
            return list(error.by_option.values())
        except PaperboyError as error:
            return [str(error)]

    async def complete(
        self,
        command_name: str,
        option_name: str,
        typed_so_far: str,
        others: Mapping[str, str],
        actor: Actor,
        place: Place,
    ) -> Sequence[Completion]:
        """Ways to go on with what somebody types into an option, at most 25; none where something fails."""
        try:
            command = BY_NAME[command_name]
            begun = Begun(command, command.option(option_name), typed_so_far, others, actor, place)
            return await completions(begun, self._services)
        except PaperboyError:  # whoever types goes on without
            return []
        except Exception as error:  # noqa: BLE001 - a bug is this person's bad luck, and nobody else's
            self._bug(error, "completion")
            return []

    # --- dispatch --------------------------------------------------------------------------------

    async def _run(
        self, text: str, actor: Actor, place: Place, surface: Surface, *, sure: bool = False
    ) -> Reply:
        reading = read_text(text, lambda command: offered(command, surface.name, surface.layouts))
        return await self._read(reading, actor, place, surface, sure=sure)

    async def _read(
        self, reading: Reading, actor: Actor, place: Place, surface: Surface, *, sure: bool = False
    ) -> Reply:
        if _asks_for_form(reading) and not sure:
            return await self._open(reading.command, reading.values, actor, place, surface)
        if reading.mistake is not None:
            more = typed(surface, f"help {reading.command.name}")
            return say(with_code(reading.mistake), note(more, " says more."))
        call = Call(
            command=reading.command,
            arguments=reading.arguments,
            actor=actor,
            place=place,
            note=reading.note,
            values=reading.values,
            sure=sure,
        )
        return await self._handle(call, surface)

    async def _handle(self, call: Call, surface: Surface) -> Reply:
        await _permit(_needed(call.command, call.subject), call.actor, call.place, surface)
        answer = HANDLERS[call.command.name](call, self._services, surface)
        reply = await self._timed(call.command.name, answer)
        if reply.shared:
            return reply
        news = await unreached.unreached(call.actor, self._services, surface)
        return _behind(news, reply) if news else reply

    async def _open(
        self,
        command: Command,
        values: Mapping[str, str],
        actor: Actor,
        place: Place,
        surface: Surface,
        subject: str = "",
    ) -> Reply:
        """The form of a command."""
        await _permit(_needed(command, subject), actor, place, surface)
        command = offered(command, surface.name, surface.layouts)
        call = Call(command=command, arguments={}, actor=actor, place=place, values=values, subject=subject)
        form = FORMS.get(command.name)
        if form is not None:
            return await form(call, self._services, surface)
        example = typed(surface, command.examples[0])
        return by_form(FormRequest(command=command, values=values), "Type ", example, ".")

    async def _press(self, action: str, actor: Actor, place: Place, surface: Surface) -> Reply:
        meant = Action.read(action)
        if meant is None:
            raise InputError(_OUTDATED)
        if meant.verb in {Verb.RUN, Verb.SURE}:
            return await self._run(meant.argument, actor, place, surface, sure=meant.verb is Verb.SURE)
        if meant.verb is Verb.FORM:
            reading = _form_of(meant.argument)
            if reading is None:
                raise InputError(_OUTDATED)
            command, subject = reading
            return await self._open(command, {}, actor, place, surface, subject)
        permission, handler = BUTTONS[meant.verb]
        await _permit(permission, actor, place, surface)
        pressed = Press(argument=meant.argument, actor=actor, place=place)
        return await self._timed(f"button {meant.verb}", handler(pressed, self._services, surface))

    async def _timed(self, name: str, answer: Awaitable[Reply]) -> Reply:
        begun = self._services.clock.now()
        reply = await answer
        took = max(self._services.clock.now() - begun, timedelta())
        for listener in self._listeners:
            listener(name, took)
        return reply

    # --- what goes wrong -------------------------------------------------------------------------

    async def _told(self, answer: Awaitable[Reply], what: str) -> Reply:
        try:
            async with self._turns.turn():
                reply = await answer
            return reply if reply.later is None else replace(reply, later=partial(self._later, reply.later))
        except StorageError as error:  # its sentence is for the operator, and may name paths
            _log.error("The store failed while a command was answered.", error=str(error))
            return say(
                "Paperboy cannot reach its store just now. Whoever runs it finds the reason in its log."
            )
        except PaperboyError as error:
            return say(with_code(str(error)))
        except Exception as error:  # noqa: BLE001 - a bug is this person's bad luck, and nobody else's
            number = self._bug(error, what)
            return say(
                "Something went wrong here, not with what you typed. Whoever runs Paperboy finds it in its "
                f"log as {number}."
            )

    async def _later(self, later: Later) -> AsyncGenerator[Update]:
        """What comes behind an answer; where that fails, the answer stays as it is."""
        try:
            async with aclosing(later()) as updates:
                async for update in updates:
                    yield update
        except PaperboyError as error:
            _log.error("What was to come behind an answer failed.", error=str(error))
        except Exception as error:  # noqa: BLE001 - as above
            self._bug(error, "later")

    def _bug(self, error: Exception, what: str) -> str:
        """Logs it without what was typed, under an id."""
        number = self._services.ids.new()
        kind, where = type(error).__name__, whereabouts(error)
        _log.error("A command failed.", id=number, what=what, kind=kind, where=where)
        return number


def _behind(news: Sequence[Block], reply: Reply) -> Reply:
    """The reply with blocks in front of it, also when more comes."""

    def fronted(doc: Doc) -> Doc:
        return replace(doc, blocks=(*news, *doc.blocks))

    later = reply.later
    if later is None:
        return replace(reply, doc=fronted(reply.doc))

    async def updates() -> AsyncGenerator[Update]:
        async with aclosing(later()) as found:
            async for update in found:
                yield replace(update, whole=fronted(update.whole))

    return replace(reply, doc=fronted(reply.doc), later=updates)


def _asks_for_form(reading: Reading) -> bool:
    """Whether a command that has a form was typed alone, or without something it needs."""
    if not reading.command.form:
        return False
    return reading.missing or (reading.mistake is None and not reading.values)


def _form_of(argument: str) -> tuple[Command, str] | None:
    """The command whose form a button opens, and what it is opened for."""
    for command in sorted(BY_NAME.values(), key=lambda one: -len(one.name)):
        if argument == command.name or argument.startswith(f"{command.name} "):
            return command, argument[len(command.name) :].strip()
    return None


def _needed(command: Command, subject: str) -> Permission:
    """What a call needs; of a destination that it names, the handler looks up the rights by itself."""
    return Permission.MEMBER if subject and command.name in _BY_SUBJECT else command.permission


async def _permit(permission: Permission, actor: Actor, place: Place, surface: Surface) -> None:
    """Raises `InputError` unless the actor has the permission at this place, as of now."""
    if permission is Permission.ANYONE:
        return
    if actor.standing is not Standing.MEMBER:
        raise InputError(
            actor.why
            or "This is for members of the organisation that runs Paperboy here. Nothing is stored of you; "
            "you can search and read."
        )
    if permission is Permission.MANAGER:
        address_of(place)
        if not await surface.may_manage(actor, place):
            raise InputError(f"Only who may manage {place.name} can do that. `status` tells how it stands.")


__all__ = ["Commands"]
