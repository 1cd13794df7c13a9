"""Slack as commands see it: who may do what there, and where somebody is reached."""

from collections.abc import Collection
from typing import Final, Protocol

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.address import Address, read_address
from adapters.slack.answers import INVITE
from adapters.slack.api import Api, code_of, failures_told
from adapters.slack.channels import Channels
from adapters.slack.files import FILES_SCOPE
from adapters.slack.forms import LAYOUTS
from adapters.slack.people import People
from adapters.slack.rehearsal import Rehearsals
from adapters.slack.tokens import SURFACE, Tokens
from bot.commands.model import Actor, Place, Standing
from bot.errors import InputError, PaperboyError
from bot.model import PLAIN_POSTING, Layout, Posting
from bot.people.model import Identity

_ABSENT: Final = frozenset({"not_in_channel", "channel_not_found"})
_ASK: Final = "Ask an administrator to allow apps to post here"
_FORBIDDEN: Final = {
    "is_archived": "This channel is archived. Unarchive it",
    "restricted_action": f"Apps may not post in this channel. {_ASK}",
    "restricted_action_read_only_channel": f"This channel is read-only. {_ASK}",
    "restricted_action_thread_only_channel": f"This channel takes replies alone. {_ASK}",
    "no_permission": f"I may not post in this channel. Type `{INVITE}` here",
}
_EVERYBODY: Final = frozenset({"general", "announcements", "announcement", "everyone", "all", "company"})


class Installers(Protocol):
    """Who installed the bot in a tenant; `None` if nobody knows."""

    async def __call__(self, tenant: str) -> str | None: ...


class SlackSurface:
    """`bot.commands.ports.Surface` on Slack."""

    name: Final = SURFACE
    layouts: Final = LAYOUTS
    shares_out: Final = False

    def __init__(
        self,
        api: Api,
        tokens: Tokens,
        people: People,
        channels: Channels,
        rehearsals: Rehearsals,
        installer: Installers,
        *,
        command: str,
        packs: Collection[str],
        managers: Collection[str],
        guests: bool,
    ) -> None:
        """`guests`: whether there may be any in the workspaces."""
        self.command: Final = command
        self._api = api
        self._tokens = tokens
        self._people = people
        self._channels = channels
        self._rehearsals = rehearsals
        self._installer = installer
        self._packs = frozenset(packs)
        self._managers = frozenset(managers)
        self._guests = guests
        self._opened: dict[Identity, str] = {}

    def typed(self, text: str) -> str:
        return f"{self.command} {text}"

    async def vouched(self, identity: Identity) -> bool:
        """Whether one of the organisation's own people is known for a full member without asking Slack:
        there are no guests, the operator named them, or they installed the bot.
        """
        if not self._guests or identity.user in self._managers:
            return True
        return await self._installer(identity.tenant) == identity.user

    async def may_manage(self, actor: Actor, place: Place) -> bool:
        """Full members, or whom the operator chose; everybody in their own direct messages."""
        if actor.standing is Standing.EXTERNAL or _elsewhere(actor, place):
            return False
        user = actor.identity.user
        if place.direct or user in self._managers:
            return True
        if not self._managers & {"members", "admins"}:
            return False
        profile = await self._people.profile(actor.identity, fresh=True)
        if profile is None:
            if "members" in self._managers:
                return await self.vouched(actor.identity) and await self._is_there(user, place)
            if await self._installer(actor.identity.tenant) == user:
                return True
            raise InputError(
                "I cannot tell administrators from others here, so that only whoever installed me may do "
                "this. Whoever runs me can let me ask (PAPERBOY_SLACK_PACKS=people), or name you in "
                f"PAPERBOY_SLACK_MANAGERS: you are {user}."
            )
        if profile.standing is not Standing.MEMBER:
            return False
        return profile.admin or ("members" in self._managers and await self._is_there(user, place))

    async def _is_there(self, user: str, place: Place) -> bool:
        """Whether somebody is in a channel, unless Slack does not tell."""
        if place.spoke or place.address is None:
            return True
        return await self._channels.has(read_address(place.address), user) is not False

    async def may_post(self, actor: Actor, place: Place) -> bool:
        """Whoever typed a command there: a channel has no field to type in for people who may not post.
        Administrators, and whom the operator names; else whoever may by what Slack tells of the channel.
        Raises `InputError` where it does not tell.
        """
        if place.address is None or _elsewhere(actor, place) or actor.standing is not Standing.MEMBER:
            return False
        if place.spoke or actor.identity.user in self._managers:
            return True
        profile = await self._people.profile(actor.identity, fresh=True)
        if profile is not None and (profile.admin or profile.standing is not Standing.MEMBER):
            return profile.admin
        told = await self._channels.may_post(read_address(place.address), actor.identity.user)
        if told is None:
            raise InputError(
                f"I cannot tell whether you may post in {place.name}. Type `{self.typed('search …')}` there, "
                "as only those can who may post, and share that answer; or ask an administrator to share it."
            )
        return told

    async def prove_posting(
        self,
        place: Place,
        posting: Posting = PLAIN_POSTING,
        layout: Layout = Layout.COMPACT,  # noqa: ARG002 - every layout needs the same here
    ) -> Posting:
        """Rehearses a message there; with the pack `join`, the bot joins first where it has to."""
        address = read_address(place.address or "")
        if place.direct:
            return posting
        client = self._api.client((await self._tokens.of(address.tenant)).token)
        with failures_told():
            try:
                await self._rehearsals.rehearse(address)
            except SlackApiError as error:
                code = code_of(error)
                if code in _ABSENT and "join" in self._packs:
                    await self._join(client, address)
                elif code in _ABSENT:
                    raise InputError(
                        f"I am not in this channel yet. Type `{INVITE}` here, then do this again."
                    ) from None
                elif code in _FORBIDDEN:
                    raise InputError(f"{_FORBIDDEN[code]}, then do this again.") from None
                else:
                    raise
        return posting

    async def named(self, _: Place, posting: Posting) -> Posting:
        """There is nothing in it that a name could be found for."""
        return posting

    async def _join(self, client: AsyncWebClient, address: Address) -> None:
        try:
            await client.conversations_join(channel=address.channel)
        except SlackApiError:  # a private channel takes nobody who was not invited
            raise InputError(
                f"I cannot join this channel by myself. Type `{INVITE}` here, then do this again."
            ) from None
        await self._rehearsals.rehearse(address)

    async def direct_address(self, identity: Identity) -> str:
        """Opens the direct messages with somebody."""
        known = self._opened.get(identity)
        if known is None:
            client = self._api.client((await self._tokens.of(identity.tenant)).token)
            with failures_told():
                opened = await client.conversations_open(users=identity.user)
            known = self._opened[identity] = str(Address(identity.tenant, str(opened["channel"]["id"])))
        return known

    async def shows_pictures(self, place: Place) -> bool:
        """Where the pack `plots` lets files be handed over."""
        try:
            return FILES_SCOPE in (await self._tokens.of(place.tenant)).scopes
        except PaperboyError:  # the answer itself will meet it, and say so
            return False

    async def delete(self, address: str, receipt: str) -> None:
        """Deletes a digest that was posted, its thread first, below which nothing would be gone; what is gone
        already is no error.
        """
        tenant = read_address(address).tenant
        channel, _, messages = receipt.partition("/")
        client = self._api.client((await self._tokens.of(tenant)).token)
        for ts in reversed(messages.split()):
            with failures_told():
                try:
                    await client.chat_delete(channel=channel, ts=ts)
                except SlackApiError as error:
                    if code_of(error) != "message_not_found":
                        raise

    def asks_twice(self, place: Place) -> bool:
        """Channels where everybody reads along, as far as their name tells."""
        name = place.name.lstrip("#").lower()
        return name in _EVERYBODY or name.startswith(("all-", "announce"))


def untold(user: str) -> str:
    """What somebody is told who counts as a guest since nothing tells members from guests."""
    return (
        "Nothing is stored of you, since I cannot tell members from guests here; you can search and read. "
        "Whoever runs me can let me ask (PAPERBOY_SLACK_PACKS=people), say that there are no guests "
        f"(PAPERBOY_SLACK_GUESTS=none), or name you in PAPERBOY_SLACK_MANAGERS: you are {user}."
    )


def _elsewhere(actor: Actor, place: Place) -> bool:
    """Whether the place is of another organisation than the one in which the actor speaks."""
    return place.address is not None and read_address(place.address).tenant != actor.identity.tenant
