"""What Slack knows of people, where it may be asked (the pack `people`, scope users:read)."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.slack.api import Api, failures_told
from adapters.slack.tokens import Tokens
from bot.commands.model import Standing
from bot.people.model import Identity
from bot.ports import Clock

_REMEMBERED_FOR: Final = timedelta(minutes=5)  # who is made a guest or leaves is noticed soon
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody as Slack tells; `name` is untrusted text."""

    name: str
    standing: Standing
    admin: bool
    zone: str | None


class People:
    """Asks for people, and remembers them for a short while."""

    def __init__(self, api: Api, tokens: Tokens, clock: Clock, *, allowed: bool) -> None:
        self._api = api
        self._tokens = tokens
        self._clock = clock
        self._allowed = allowed
        self._known: OrderedDict[Identity, tuple[datetime, Profile]] = OrderedDict()

    async def profile(self, identity: Identity) -> Profile | None:
        """Somebody's profile; `None` where Slack may not be asked.

        Raises what `bot.errors.DeliveryError` has where Slack cannot be asked now.
        """
        if not self._allowed:
            return None
        now = self._clock.now()
        known = self._known.get(identity)
        if known is not None and now - known[0] < _REMEMBERED_FOR:
            return known[1]
        client = self._api.client((await self._tokens.of(identity.tenant)).token)
        with failures_told():
            answer = await client.users_info(user=identity.user)
        profile = _profile(answer["user"], identity.tenant)
        self._known[identity] = now, profile
        self._known.move_to_end(identity)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return profile


def _profile(user: dict[str, object], tenant: str) -> Profile:
    shown = user.get("profile")
    names = shown if isinstance(shown, dict) else {}
    foreign = bool(user.get("is_stranger")) or (
        tenant.startswith("T") and user.get("team_id") not in {None, tenant}
    )
    guest = bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("deleted"))
    standing = Standing.EXTERNAL if foreign else Standing.GUEST if guest else Standing.MEMBER
    return Profile(
        name=str(names.get("display_name") or user.get("real_name") or user.get("name") or user.get("id")),
        standing=standing,
        admin=bool(user.get("is_admin") or user.get("is_owner")),
        zone=str(user["tz"]) if user.get("tz") else None,
    )
