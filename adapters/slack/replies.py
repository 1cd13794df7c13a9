"""Giving somebody an answer: by message, in a view, as a file; and what takes the place of what fails."""

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError

from adapters.slack import forms
from adapters.slack.address import Address, read_address
from adapters.slack.answers import INVITE
from adapters.slack.api import FAILURES, Api, code_of, failures_told
from adapters.slack.files import Files
from adapters.slack.hearing import Heard, channel_label, spoken
from adapters.slack.render import Message, messages
from adapters.slack.tokens import SURFACE, Tokens
from adapters.slack.views import answer_view, waiting_view
from bot.commands.model import Place, Reply, Update
from bot.errors import DeliveryError, NotAcceptedError
from bot.view.doc import Doc, Note, Section, Span, with_code

_log = structlog.get_logger(__name__)

_SPOKE: Final = "+"
PATIENCE: Final = 2.0  # seconds until whoever looks at a view is told that the answer takes a while
_LATE: Final = frozenset(
    {"expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged"}
)
_UNSHARED: Final = "Slack did not take it, so nothing was shared. Press again to try once more."


@dataclass(frozen=True, slots=True)
class Shown:
    """A view before somebody; with its `hash` it is replaced only if nothing else was shown in it since."""

    id: str
    hash: str = ""


class Replies:
    """Shows replies to whoever asked. Everything is private unless a reply says otherwise."""

    def __init__(self, api: Api, tokens: Tokens) -> None:
        self._api = api
        self._tokens = tokens
        self._files = Files(api, tokens)

    async def by_message(self, who: Heard, place: Place, reply: Reply) -> None:
        """Answers a command, a shortcut or something pressed in a message.

        A form opens if Slack still lets it, within three seconds; else the answer says what to type.
        """
        if reply.form is not None and who.trigger:
            with suppress(DeliveryError):  # told by text then, like a form that comes too late
                if await self._opened(who, forms.modal(reply.form, carried(place))) is not None:
                    return
        await self._give(who, place, await self._with_file(who, reply))
        if reply.later is not None:  # Slack lets nobody replace the answer to a command: news stand behind it
            async with aclosing(reply.later()) as updates:
                async for found in updates:
                    update = await self._with_picture(who, found)
                    if update.news is not None:
                        await self._give(who, place, Reply(doc=update.news))

    async def in_view(
        self, who: Heard, place: Place, work: Awaitable[Reply], over: Mapping[str, Any] | None = None
    ) -> Reply:
        """Answers what was pressed in a view (`over`) or has no message to answer in, by a modal; gives what
        was answered.

        Slack lets one open for three seconds: where the answer takes longer, the modal says so first.
        """
        answer = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({answer}, timeout=PATIENCE)
        waiting = None if done else await self._opened(who, waiting_view(carried(place)), over)
        reply = await self._with_file(who, await self._shared(place, await answer))
        shown = (
            answer_view(reply.doc, carried(place))
            if reply.form is None
            else forms.modal(reply.form, carried(place))
        )
        if waiting is not None:
            there = await self.update(who, Shown(waiting.id), shown)
        elif reply.replaces and over is not None and over.get("type") == "modal":
            there = await self.update(who, Shown(str(over["id"])), shown)
        else:
            there = await self._opened(who, shown, over)
            if there is None:
                _log.warning("An answer came too late to be shown in Slack.", tenant=who.tenant)
        await self.follow(who, place, reply, there)
        return reply

    async def follow(self, who: Heard, place: Place, reply: Reply, there: Shown | None) -> None:
        """Shows what comes behind a reply in the view that shows it, as long as it does."""
        if reply.later is None or there is None:
            return
        async with aclosing(reply.later()) as updates:
            async for found in updates:
                update = await self._with_picture(who, found)
                there = await self.update(who, there, answer_view(update.whole, carried(place)))
                if there is None:
                    return

    async def update(self, who: Heard, there: Shown, view: dict[str, Any]) -> Shown | None:
        """Replaces a view; `None` if it was closed, or something else was shown in it meanwhile."""
        client = await self.client(who.tenant)
        with failures_told():
            try:
                answer = await client.views_update(view_id=there.id, view=view, hash=there.hash or None)
            except SlackApiError as error:
                if code_of(error) not in {"not_found", "hash_conflict"}:
                    raise
                return None
        return _shown(answer)

    async def client(self, tenant: str) -> Any:
        """A client that speaks for the tenant."""
        return self._api.client((await self._tokens.of(tenant)).token)

    # --- views -----------------------------------------------------------------------------------

    async def _opened(
        self, who: Heard, view: dict[str, Any], over: Mapping[str, Any] | None = None
    ) -> Shown | None:
        """The modal, upon the one in which something was pressed; `None` if it is too late."""
        client = await self.client(who.tenant)
        modal = over if over is not None and over.get("type") == "modal" else None
        show = client.views_open if modal is None else client.views_push
        with failures_told():
            try:
                answer = await show(trigger_id=who.trigger, view=view)
            except SlackApiError as error:
                if modal is not None and code_of(error) == "push_limit_reached":
                    return await self.update(who, Shown(str(modal["id"])), view)
                if code_of(error) not in _LATE:
                    raise
                return None
        return _shown(answer)

    # --- messages --------------------------------------------------------------------------------

    async def _give(self, who: Heard, place: Place, reply: Reply) -> None:
        made = messages(reply.doc, further="below")
        if place.spoke and not reply.shared:
            made = tuple(replace(one, blocks=tuple(spoken(one.blocks))) for one in made)
        for number, message in enumerate(made):
            if not await self._respond(who, message, reply, first=number == 0):
                await self._instead(who, message, reply)
                if reply.shared:
                    return

    async def _respond(self, who: Heard, message: Message, reply: Reply, *, first: bool) -> bool:
        """Whether Slack took it by the address that it gave along: that needs no membership of the channel,
        and serves five times within half an hour.
        """
        try:
            answer = await self._api.webhook(who.response_url).send(
                text=message.text,
                blocks=list(message.blocks),
                response_type="in_channel" if reply.shared else "ephemeral",
                replace_original=reply.replaces and first,
                unfurl_links=False,
                unfurl_media=False,
            )
        except FAILURES:
            return False
        return answer.status_code == 200

    async def _instead(self, who: Heard, message: Message, reply: Reply) -> None:
        """What could not be given by that address, as a message that this person alone sees.

        What was to be shared is not posted twice: the person is told. Raises `DeliveryError`.
        """
        text, blocks = message.text, list(message.blocks)
        if reply.shared:
            text, blocks = _UNSHARED, []
        client = await self.client(who.tenant)
        with failures_told():
            await client.chat_postEphemeral(
                channel=who.channel, user=who.user, text=text, blocks=blocks or None
            )

    async def _shared(self, place: Place, reply: Reply) -> Reply:
        """What is shared out of a view is posted to the place that the view belongs to."""
        if not reply.shared or place.address is None:
            return reply
        address = read_address(place.address)
        client = await self.client(address.tenant)
        try:
            with failures_told():
                for message in messages(reply.doc, further="below"):
                    await client.chat_postMessage(
                        channel=address.channel,
                        text=message.text,
                        blocks=list(message.blocks),
                        unfurl_links=False,
                        unfurl_media=False,
                    )
        except NotAcceptedError as error:
            return said(str(error))
        except DeliveryError:
            return said(f"It could not be posted in {place.name}. Type `{INVITE}` there, then try again.")
        return said(f"It is posted in {place.name}.")

    async def _with_file(self, who: Heard, reply: Reply) -> Reply:
        """The reply, its file handed over; or why that failed."""
        if reply.attachment is None:
            return reply
        try:
            await self._files.give(who.tenant, who.user, reply.attachment)
        except DeliveryError as error:
            return said(f"The file could not be sent to you. {error}")
        where = Note((Span("It is in your direct messages with me."),))
        return replace(reply, doc=replace(reply.doc, blocks=(*reply.doc.blocks, where)), attachment=None)

    async def _with_picture(self, who: Heard, update: Update) -> Update:
        """The update, its picture handed over; or why that failed."""
        if update.picture is None:
            return update
        try:
            await self._files.show(who.tenant, who.user, update.picture)
        except DeliveryError as error:
            told = Note(with_code(f"The plot could not be sent to you. {error}"))
        else:
            told = Note((Span("Its plot is in your direct messages with me."),))
        whole, news = update.whole, update.news
        before = () if news is None else news.blocks
        return Update(
            whole=replace(whole, blocks=(*whole.blocks, told)), news=Doc((*before, told), whole.fallback)
        )


def _shown(answer: Any) -> Shown:
    return Shown(str(answer["view"]["id"]), str(answer["view"].get("hash") or ""))


# --- where something belongs -----------------------------------------------------------------------


def place_of(who: Heard) -> Place:
    """Where somebody spoke."""
    return Place(
        surface=SURFACE,
        tenant=who.tenant,
        address=str(Address(who.tenant, who.channel)) if who.channel else None,
        name=channel_label(who.channel_name),
        direct=who.direct,
        spoke=who.spoke,
    )


def carried(place: Place) -> str:
    """A place as a view keeps it, with a mark behind the channel if the actor spoke there; nothing for one
    that is nowhere in particular.
    """
    if place.address is None:
        return ""
    return f"{read_address(place.address).channel}{_SPOKE if place.spoke else ''} {place.name}"


def place_carried(who: Heard, kept: str) -> Place:
    """The inverse of `carried`."""
    where, _, name = kept.partition(" ")
    channel = where.removesuffix(_SPOKE)
    return Place(
        surface=SURFACE,
        tenant=who.tenant,
        address=str(Address(who.tenant, channel)) if channel else None,
        name=name or channel_label(""),
        direct=channel.startswith("D"),
        spoke=where.endswith(_SPOKE),
    )


def said(sentence: str) -> Reply:
    """An answer of one sentence."""
    return Reply(doc=Doc((Section(with_code(sentence)),), sentence))


__all__ = ["PATIENCE", "Replies", "Shown", "carried", "place_carried", "place_of", "said"]
