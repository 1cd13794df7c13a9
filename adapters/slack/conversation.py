"""Between what somebody did in Slack and what a command answers: who they are, where, and how it is shown."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError

from adapters.slack import forms
from adapters.slack.address import Address, read_address
from adapters.slack.api import Api, code_of, failures_told
from adapters.slack.files import Files
from adapters.slack.hearing import Heard, channel_label, typed
from adapters.slack.people import People
from adapters.slack.render import blocks_of, messages
from adapters.slack.surface import SlackSurface
from adapters.slack.tokens import SURFACE, Tokens
from bot.commands.actions import Action, Verb
from bot.commands.model import Actor, FormRequest, Place, Reply, Standing
from bot.commands.registry import BY_NAME
from bot.commands.service import Commands
from bot.errors import DeliveryError, PaperboyError
from bot.ids import ids_in
from bot.people.model import Identity
from bot.people.ports import InstallationStore
from bot.ports import Clock
from bot.view.doc import Doc, Section, Span
from bot.view.text import shorten

_log = structlog.get_logger(__name__)

_VIEW_BLOCKS: Final = 100
_ZONES_SHOWN: Final = 100
_WAIT: Final = "One moment …"


class Conversation:
    """Answers people in Slack. Everything is private unless a reply says otherwise."""

    def __init__(
        self,
        api: Api,
        tokens: Tokens,
        people: People,
        surface: SlackSurface,
        commands: Commands,
        installations: InstallationStore,
        clock: Clock,
        *,
        zones: Callable[[str], Sequence[str]],
    ) -> None:
        """`zones` gives the time zones that a few typed letters mean, the likeliest first."""
        self._api = api
        self._tokens = tokens
        self._people = people
        self._surface = surface
        self._commands = commands
        self._installations = installations
        self._clock = clock
        self._zones = zones
        self._files = Files(api, tokens)

    # --- what people do --------------------------------------------------------------------------

    async def command(self, who: Heard, text: str) -> None:
        """A slash command."""
        actor, place = await self._actor(who), _place(who)
        await self._answer(who, await self._commands.run(typed(text), actor, place, self._surface))

    async def pressed(self, who: Heard, action: str, *, in_view: bool) -> None:
        """A button or an item of a menu; one in the App Home or in a modal is answered in a modal."""
        actor, place = await self._actor(who), _place(who)
        reply = await self._commands.press(action, actor, place, self._surface)
        await self._answer(who, reply)
        if in_view:
            await self.home(who)

    async def opened_search(self, who: Heard) -> None:
        """The global shortcut."""
        await self._open(who, forms.modal(FormRequest(command=BY_NAME["search"]), ""))

    async def similar_to_message(self, who: Heard, text: str) -> None:
        """The shortcut on a message: papers like those that it names."""
        actor, place = await self._actor(who), _place(who)
        named = ids_in(typed(text))
        if named:
            action = str(Action(Verb.SIMILAR, str(named[0])))
            reply = await self._commands.press(action, actor, place, self._surface)
        else:
            reply = _said("That message names no paper. It needs an arXiv id, or a link to a paper.")
        await self._answer(who, reply)

    # --- forms -----------------------------------------------------------------------------------

    async def submitted(self, who: Heard, view: Mapping[str, Any]) -> dict[str, Any]:
        """What Slack is to be answered: the errors by input, or the view with the answer."""
        command, values, subject, carried = forms.submitted(view)
        actor, place = await self._actor(who), _carried_place(who, carried)
        outcome = await self._commands.submit(command, values, subject, actor, place, self._surface)
        if isinstance(outcome, Reply):
            return {"response_action": "update", "view": _answer_view(outcome)}
        return {"response_action": "errors", "errors": forms.errors_of(outcome, command)}

    async def late(self, who: Heard, view: Mapping[str, Any], work: "asyncio.Future[dict[str, Any]]") -> None:
        """Shows what became of a form for which Slack could not wait."""
        answer = await work
        shown = answer.get("view")
        if shown is None:
            command, values, subject, carried = forms.submitted(view)
            intro = " ".join(answer["errors"].values())
            request = FormRequest(command=command, values=values, subject=subject, intro=intro)
            shown = forms.modal(request, carried)
        client = await self._client(who.tenant)
        with failures_told():
            await client.views_update(view_id=str(view["id"]), view=shown)

    async def previewed(self, who: Heard, view: Mapping[str, Any]) -> None:
        """Shows what the filter of a form would have brought in the last days."""
        command, values, subject, carried = forms.submitted(view)
        lines = await self._commands.preview(command, values)
        request = FormRequest(command=command, values=values, subject=subject)
        client = await self._client(who.tenant)
        with failures_told():
            await client.views_update(
                view_id=str(view["id"]),
                hash=str(view.get("hash") or ""),
                view=forms.modal(request, carried, preview=lines),
            )

    def zones(self, letters: str) -> list[dict[str, Any]]:
        """The choices of a time zone."""
        return [
            {"text": {"type": "plain_text", "text": zone, "emoji": False}, "value": zone}
            for zone in self._zones(letters)[:_ZONES_SHOWN]
        ]

    @staticmethod
    def waiting() -> dict[str, Any]:
        """The view of a form whose answer takes a while."""
        return _answer_view(_said(_WAIT))

    # --- events ----------------------------------------------------------------------------------

    async def home(self, who: Heard) -> None:
        """Publishes somebody's App Home."""
        actor = await self._actor(who)
        reply = await self._commands.home(actor, _place(who), self._surface)
        client = await self._client(who.tenant)
        view = {"type": "home", "blocks": blocks_of(reply.doc)[:_VIEW_BLOCKS]}
        with failures_told():
            await client.views_publish(user_id=who.user, view=view)

    async def uninstalled(self, who: Heard, event: Mapping[str, Any]) -> None:
        """The app was removed, or its bot token revoked: what it posted to waits for its return."""
        revoked = event.get("tokens")
        if isinstance(revoked, Mapping) and not revoked.get("bot"):
            return  # tokens of people, of which we have none
        if await self._installations.get(SURFACE, who.tenant) is not None:
            await self._installations.gone(SURFACE, who.tenant, self._clock.now())
            _log.warning("The app was removed from a Slack workspace.", tenant=who.tenant)

    async def link_shared(self, who: Heard, event: Mapping[str, Any]) -> None:
        """Unfolds links to papers into cards."""
        unfolded: dict[str, Any] = {}
        for link in event.get("links") or ():
            url = str(link.get("url") or "")
            for paper_id in ids_in(url)[:1]:
                doc = await self._commands.card(paper_id)
                if doc is not None:
                    unfolded[url] = {"blocks": blocks_of(doc)}
        if unfolded:
            client = await self._client(who.tenant)
            with failures_told():
                await client.chat_unfurl(
                    channel=str(event["channel"]), ts=str(event["message_ts"]), unfurls=unfolded
                )

    # --- answering -------------------------------------------------------------------------------

    async def _answer(self, who: Heard, reply: Reply) -> None:
        opened = (
            reply.form is not None
            and bool(who.trigger)
            and await self._open(who, forms.modal(reply.form, _carried(_place(who))))
        )
        if opened:
            return
        if reply.attachment is not None:
            await self._files.give(who.tenant, who.user, reply.attachment)
        if who.response_url:
            await self._respond(who, reply)
        else:
            await self._open(who, _answer_view(reply))

    async def _open(self, who: Heard, view: dict[str, Any]) -> bool:
        """Whether the modal opened: Slack takes a trigger for three seconds only."""
        client = await self._client(who.tenant)
        try:
            await client.views_open(trigger_id=who.trigger, view=view)
        except SlackApiError as error:
            if code_of(error) not in {"expired_trigger_id", "trigger_expired"}:
                raise
            return False
        return True

    async def _respond(self, who: Heard, reply: Reply) -> None:
        """By the address that Slack gave along, which needs no membership of the channel."""
        webhook = self._api.webhook(who.response_url)
        for number, message in enumerate(messages(reply.doc)):
            with failures_told():
                answer = await webhook.send(
                    text=message.text,
                    blocks=list(message.blocks),
                    response_type="in_channel" if reply.shared else "ephemeral",
                    replace_original=reply.replaces and number == 0,
                    unfurl_links=False,
                    unfurl_media=False,
                )
            if answer.status_code != 200:
                raise DeliveryError(f"Slack did not take an answer ({answer.status_code}).")

    async def _client(self, tenant: str) -> Any:
        return self._api.client((await self._tokens.of(tenant)).token)

    async def _actor(self, who: Heard) -> Actor:
        identity = Identity(SURFACE, who.tenant, who.user)
        standing = Standing.EXTERNAL if who.foreign else Standing.MEMBER
        try:
            profile = await self._people.profile(identity)
        except PaperboyError as error:  # a command must not fail for want of a time zone
            _log.warning("Slack could not be asked about somebody.", error=str(error))
            profile = None
        if profile is None:
            return Actor(identity=identity, name=who.user_name or who.user, standing=standing)
        if standing is Standing.MEMBER:
            standing = profile.standing
        return Actor(identity=identity, name=profile.name, standing=standing, zone=profile.zone)


def _place(who: Heard) -> Place:
    return Place(
        surface=SURFACE,
        tenant=who.tenant,
        address=str(Address(who.tenant, who.channel)) if who.channel else None,
        name=channel_label(who.channel_name),
        direct=who.direct,
    )


def _carried(place: Place) -> str:
    """Where a form belongs, as its view keeps it: its submission says nothing of that."""
    channel = read_address(place.address).channel if place.address else ""
    return f"{channel} {place.name}"


def _carried_place(who: Heard, carried: str) -> Place:
    """The inverse of `_carried`."""
    channel, _, name = carried.partition(" ")
    return Place(
        surface=SURFACE,
        tenant=who.tenant,
        address=str(Address(who.tenant, channel)) if channel else None,
        name=name,
        direct=channel.startswith("D"),
    )


def _said(sentence: str) -> Reply:
    return Reply(doc=Doc((Section((Span(sentence),)),), sentence))


def _answer_view(reply: Reply) -> dict[str, Any]:
    """A modal that only shows."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": shorten("Papers", 24), "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": blocks_of(reply.doc)[:_VIEW_BLOCKS],
    }
