"""Between what somebody did in Discord and what a command answers: who, where, what becomes of it."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import aiohttp
import discord
import structlog

from adapters.discord import forms
from adapters.discord.hearing import Interaction, heard, tags_at, texts_of
from adapters.discord.long_actions import KEPT_FOR, LongActions
from adapters.discord.render import messages
from adapters.discord.replies import PATIENCE, Replies, is_too_late, said
from adapters.discord.surface import DiscordSurface
from adapters.discord.tree import SIMILAR
from bot.commands.actions import Action, Verb
from bot.commands.cards import LinkCards
from bot.commands.model import Actor, Command, Completion, Kind, Option, Place, Reply
from bot.commands.service import Commands
from bot.errors import PaperboyError, StorageError
from bot.ids import ids_in
from bot.logs import whereabouts
from bot.ports import Clock
from bot.view.doc import Actions, Block, Button, Doc, Section, Span

_log = structlog.get_logger(__name__)

_MOST_NAMED: Final = 10  # papers of one message that something is done with
_MOST_CARDS: Final = 3  # links of one message that get a card
_NO_PAPER: Final = "That message names no paper. It needs an arXiv id, or a link to a paper."
_OUTDATED: Final = "This command is of another version of Paperboy. Reload Discord, then type it again."
_GONE: Final = f"That was kept for {KEPT_FOR.days} days, and is no more. Type the command anew."
_NO_STORE: Final = "Paperboy cannot reach its store just now. Whoever runs it finds the reason in its log."
_BROKEN: Final = "Something went wrong here, not with what you typed. The log says what."
_REFUSED: Final = "Discord did not take the answer. Whoever runs Paperboy finds the reason in its log."
_UNREACHED: Final = (aiohttp.ClientError, TimeoutError, OSError)


class Conversation:
    """Answers people in Discord. Its methods never raise: one answer that fails takes no other along."""

    def __init__(self, surface: DiscordSurface, commands: Commands, clock: Clock, long: LongActions) -> None:
        self._surface = surface
        self._commands = commands
        self._clock = clock
        self._long = long
        self._replies = Replies(clock, long)
        self._cards = LinkCards(commands, clock)
        self._working: set[asyncio.Task[Any]] = set()

    async def aclose(self) -> None:
        """Finishes the answers that are under way."""
        while self._working:
            await asyncio.wait(self._working)

    # --- what people do --------------------------------------------------------------------------

    async def command(self, interaction: Interaction, command: Command, values: Mapping[str, str]) -> None:
        """A slash command."""
        who = heard(interaction)
        surface = self._surface.during(who)
        work = self._commands.call(command, values, who.actor, who.place, surface)
        await self._answered(interaction, self._replies.give(interaction, who.place, work, asks=surface.asks))

    async def pressed(self, interaction: Interaction, action: str) -> None:
        """A button, or an entry of a menu."""
        await self._answered(interaction, self._pressed(interaction, action))

    async def _pressed(self, interaction: Interaction, carried: str) -> None:
        who = heard(interaction)
        action = await self._long.whole(carried)
        if action is None:
            await self._replies.give(interaction, who.place, _at_once(said(_GONE)))
            return
        opened = forms.opened(action)
        surface = self._surface.during(who)
        work = self._commands.press(action if opened is None else opened.form, who.actor, who.place, surface)
        if opened is None:
            await self._replies.give(interaction, who.place, work, asks=surface.asks)
        else:
            await self._replies.give(interaction, who.place, _with(work, opened), page=opened.page)

    async def asked(self, interaction: Interaction, action: str, label: str) -> None:
        """A button that asks first whether it is really meant."""
        question = f"Are you sure? {label}."
        blocks: tuple[Block, ...] = (Section((Span(question),)), Actions((Button(label, action),)))
        answer = _at_once(Reply(doc=Doc(blocks, question)))
        place = heard(interaction).place
        await self._answered(interaction, self._replies.give(interaction, place, answer))

    async def submitted(self, interaction: Interaction) -> None:
        """A form that was filled in."""
        who = heard(interaction)
        surface = self._surface.during(who)
        try:
            sent = forms.submitted(interaction.data or {})
        except ValueError as error:
            work = _at_once(said(str(error)))
        else:
            work = self._submitted(sent, who.actor, who.place, surface)
        await self._answered(interaction, self._replies.give(interaction, who.place, work, asks=surface.asks))

    async def _submitted(
        self, sent: forms.Opened, actor: Actor, place: Place, surface: DiscordSurface
    ) -> Reply:
        command, values, subject = sent.command, sent.values, sent.subject
        outcome = await self._commands.submit(command, values, subject, actor, place, surface)
        return outcome if isinstance(outcome, Reply) else Reply(doc=forms.mistaken(sent, outcome))

    async def message(self, interaction: Interaction, menu: str) -> None:
        """An entry of the menu of a message: all papers that it names together."""
        who = heard(interaction)
        data: Mapping[str, Any] = interaction.data or {}
        found: Mapping[str, Any] = (data.get("resolved") or {}).get("messages") or {}
        keys = [str(one) for one in ids_in("\n".join(map(texts_of, found.values())))[:_MOST_NAMED]]
        surface = self._surface.during(who)
        if not keys:
            work: Awaitable[Reply] = _at_once(said(_NO_PAPER))
        elif menu == SIMILAR:
            action = str(Action(Verb.SIMILAR, " ".join(keys)))
            work = self._commands.press(action, who.actor, who.place, surface)
        else:
            work = self._saved(keys, who.actor, who.place, surface)
        await self._answered(interaction, self._replies.give(interaction, who.place, work))

    async def _saved(self, keys: Sequence[str], actor: Actor, place: Place, surface: DiscordSurface) -> Reply:
        """Saves several papers, and says of each what became of it."""
        blocks: list[Block] = []
        for key in keys:
            reply = await self._commands.press(str(Action(Verb.SAVE, key)), actor, place, surface)
            blocks += [one for one in reply.doc.blocks if len(keys) == 1 or not isinstance(one, Actions)]
        return Reply(doc=Doc(tuple(blocks), "Saved."))

    async def completions(
        self, interaction: Interaction, command: Command, option: Option, typed: str
    ) -> Sequence[Completion]:
        """How what is typed can go on; nothing where that cannot be said in time."""
        if option.kind is Kind.TAG:
            tags = tags_at(interaction)
            return [Completion(label=one, value=one) for one in tags if typed.lower() in one.lower()]
        who = heard(interaction)
        others = {
            name: str(value)
            for name, value in interaction.namespace
            if isinstance(value, str | int) and name != option.name
        }
        found: list[Completion] = []

        async def complete() -> None:
            found.extend(
                await self._commands.complete(command.name, option.name, typed, others, who.actor, who.place)
            )

        completing = asyncio.ensure_future(self._answered(interaction, complete()))
        patience = asyncio.ensure_future(self._clock.sleep(PATIENCE))
        await asyncio.wait({completing, patience}, return_when=asyncio.FIRST_COMPLETED)
        for one in (completing, patience):
            one.cancel()
        return found

    async def outdated(self, interaction: Interaction) -> None:
        """A command that is registered, but none of this version."""
        if interaction.type is discord.InteractionType.application_command:
            place = heard(interaction).place
            await self._answered(
                interaction, self._replies.give(interaction, place, _at_once(said(_OUTDATED)))
            )

    async def linked(self, message: discord.Message) -> None:
        """Answers links to papers with cards, each once, quietly."""
        links = " ".join(word for word in texts_of({"content": message.content}).split() if "://" in word)
        named = ids_in(links)[:_MOST_CARDS]

        async def answer() -> None:
            cards = [card for one in named if (card := await self._cards.card(one)) is not None]
            if cards:
                blocks = tuple(block for card in cards for block in card.blocks)
                for made in messages(Doc(blocks, cards[0].fallback)):
                    await message.reply(**made.arguments(), mention_author=False, silent=True)

        if named:
            await self._answered(None, answer())

    # --- what goes wrong -------------------------------------------------------------------------

    async def _answered(self, interaction: Interaction | None, work: Awaitable[None]) -> None:
        """Waits for an answer to be given; logs why it was not, without anything that was typed."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - whatever runs here is a task
        self._working.add(task)
        try:
            await work
        except discord.HTTPException as error:
            if is_too_late(error):
                _log.info("An answer came too late for Discord.", code=error.code)
            else:
                _log.warning("Discord did not take an answer.", status=error.status, code=error.code)
                await _tell(interaction, _REFUSED)
        except _UNREACHED as error:
            _log.warning("An answer did not reach Discord.", error=type(error).__name__)
        except StorageError as error:  # its sentence is for the operator, and may name paths
            _log.error("The store failed while an answer was given.", error=str(error))
            await _tell(interaction, _NO_STORE)
        except PaperboyError as error:
            _log.warning("An answer could not be given in Discord.", error=str(error))
            await _tell(interaction, str(error))
        except Exception as error:  # noqa: BLE001 - one answer that fails must not take the others along
            kind, where = type(error).__name__, whereabouts(error)
            _log.error("An answer could not be given in Discord; this is a bug.", error=kind, where=where)
            await _tell(interaction, _BROKEN)
        finally:
            self._working.discard(task)


async def _tell(interaction: Interaction | None, sentence: str) -> None:
    """Says a sentence in place of an answer, if that can be done at all."""
    if interaction is None or interaction.type is discord.InteractionType.autocomplete:
        return
    with suppress(discord.HTTPException, *_UNREACHED):
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)


async def _at_once(reply: Reply) -> Reply:
    return reply


async def _with(work: Awaitable[Reply], opened: forms.Opened) -> Reply:
    """The form that was asked for, with what was typed into it before."""
    reply = await work
    if reply.form is None or reply.form.command.name != opened.command.name:
        return reply
    values = {**reply.form.values, **opened.values}
    return replace(reply, form=replace(reply.form, values=values))


__all__ = ["Conversation"]
