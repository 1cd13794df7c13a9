"""Giving somebody an answer in Discord: in time, privately, whole; as a form, with a file."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeAlias

import discord

from adapters.discord import forms
from adapters.discord.hearing import Interaction
from adapters.discord.long_actions import LongActions
from adapters.discord.render import Message, messages
from bot.commands.model import Attachment, Picture, Place, Reply
from bot.ports import Clock
from bot.view.doc import Doc, Section, Span
from bot.view.text import shorten

PATIENCE: Final = timedelta(seconds=1.5)  # until Discord, which waits for 3, is told that it takes a while
# Unknown interaction, unknown webhook, invalid webhook token, answered already: too late, and nobody's fault.
_LONGEST_ALTERNATIVE: Final = 1_000  # characters
TOO_LATE: Final = frozenset({10062, 10015, 50027, 40060})

Edit: TypeAlias = Callable[..., Awaitable[object]]
"""Changes a message, as discord.py's `edit` does."""


class Replies:
    """Shows replies to whoever asked. Everything is private unless a reply says otherwise.

    Its methods raise what discord.py raises; whoever calls them guards one interaction from another.
    """

    def __init__(self, clock: Clock, long: LongActions) -> None:
        self._clock = clock
        self._long = long

    async def give(
        self,
        interaction: Interaction,
        place: Place,
        work: Awaitable[Reply],
        *,
        asks: asyncio.Event | None = None,
        page: int | None = None,
    ) -> None:
        """Answers with what the work gives; if that takes a while, or `asks` is set, says so first.

        A form opens at that page, or shows all of them. Only the first answer can be a form: where it is too
        late, the answer says what to type.
        """
        answer = asyncio.ensure_future(self._short(work))
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._clock.sleep(PATIENCE))]
        if asks is not None:
            waits.append(asyncio.ensure_future(asks.wait()))
        try:
            await asyncio.wait({answer, *waits}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                await interaction.response.defer(ephemeral=not place.direct, thinking=True)
        finally:
            for one in waits:
                one.cancel()
            # What is done is done, whether or not the person can still be told.
            reply = await answer
        if reply.form is None:
            shown = await self._say(interaction, place, reply)
            await self._follow(shown, reply)
            return
        several = len(forms.pages(reply.form.command)) > 1
        first = not interaction.response.is_done()
        opens = first and interaction.type is not discord.InteractionType.modal_submit
        if opens and (page is not None or not several):
            await interaction.response.send_modal(forms.modal(reply.form, page or 0))
            return
        doc = forms.overview(reply.form) if several else forms.late(reply.form, reply.doc)
        doc = await self._long.shortened(doc)
        await self._say(interaction, place, replace(reply, doc=doc, form=None))

    async def _short(self, work: Awaitable[Reply]) -> Reply:
        reply = await work
        return replace(reply, doc=await self._long.shortened(reply.doc))

    async def _say(self, interaction: Interaction, place: Place, reply: Reply) -> list[Edit]:
        """Shows an answer: as the first one, or behind that Discord was told to wait. Gives what changes each
        of its messages.
        """
        private = not place.direct
        first, *others = _with_file(messages(reply.doc), reply.attachment)
        response = interaction.response
        if not response.is_done():
            if reply.replaces and interaction.message is not None:
                await response.edit_message(**_in_place_of(interaction.message, first))
            else:
                await response.send_message(**first, ephemeral=private and not reply.shared)
        elif reply.shared and private:
            # The note that it takes a while is this person's alone, and so would be what takes its place.
            await interaction.edit_original_response(**_edit(_plain("Here it is, for everybody.")))
            await interaction.followup.send(**first, ephemeral=False)
        else:
            await interaction.edit_original_response(**_edit(first))
        shown: list[Edit] = [interaction.edit_original_response]
        for other in others:
            sent = await interaction.followup.send(**other, ephemeral=private and not reply.shared, wait=True)
            shown.append(sent.edit)
        return shown

    async def _follow(self, shown: Sequence[Edit], reply: Reply) -> None:
        """Shows what comes behind an answer in its place, as far as its messages have room for it."""
        if reply.later is None:
            return
        async with aclosing(reply.later()) as updates:
            async for update in updates:
                whole = await self._long.shortened(update.whole)
                made = [one.arguments() for one in messages(whole)][: len(shown)]
                if update.picture is not None:
                    _illustrate(made[-1], update.picture)
                for edit, arguments in zip(shown, made, strict=False):
                    await edit(**_edit(arguments))


def said(sentence: str) -> Reply:
    """An answer of one sentence."""
    return Reply(doc=Doc((Section((Span(sentence),)),), sentence))


def is_too_late(error: discord.HTTPException) -> bool:
    """Whether Discord no longer takes an answer."""
    return error.code in TOO_LATE


# --- what discord.py takes -------------------------------------------------------------------------------


def _with_file(some: tuple[Message, ...], attachment: Attachment | None) -> list[dict[str, Any]]:
    """The messages as they are sent, the file in the last one."""
    made = [one.arguments() for one in some]
    if attachment is not None:
        file = discord.File(io.BytesIO(attachment.content.encode()), filename=attachment.name)
        view = made[-1].get("view")
        if isinstance(view, discord.ui.LayoutView):  # such a message shows only files that it names
            view.add_item(discord.ui.File(file))
        made[-1]["file"] = file
    return made


def _illustrate(arguments: dict[str, Any], picture: Picture) -> None:
    """Puts the picture below what a message says."""
    alternative = shorten(picture.alternative, _LONGEST_ALTERNATIVE)
    file = discord.File(io.BytesIO(picture.content), filename=picture.name, description=alternative)
    view = arguments.get("view")
    if isinstance(view, discord.ui.LayoutView):  # as above
        gallery: discord.ui.MediaGallery[Any] = discord.ui.MediaGallery()
        view.add_item(gallery.add_item(media=file, description=alternative))
    arguments["file"] = file


def _plain(sentence: str) -> dict[str, Any]:
    return messages(said(sentence).doc)[0].arguments()


def _edit(arguments: dict[str, Any]) -> dict[str, Any]:
    """The same for a message that is there already."""
    made = {name: value for name, value in arguments.items() if name in {"view", "embeds", "content"}}
    if "file" in arguments:
        made["attachments"] = [arguments["file"]]
    return made


def _in_place_of(old: discord.Message, arguments: dict[str, Any]) -> dict[str, Any]:
    """The same for a message that another one becomes, of which nothing stays."""
    made = {"attachments": [], **_edit(arguments)}
    if not old.flags.components_v2:
        made = {"content": None, "embeds": [], **made}
    return made


__all__ = ["PATIENCE", "TOO_LATE", "Replies", "is_too_late", "said"]
