"""What Slack knows of people, where it may be asked (the pack `people`, scope users:read)."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.slack.api import Api, failures_told
from adapters.slack.tokens import Tokens
from bot.commands.model import Standing
from bot.errors import DeliveryError
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
        self._enterprises: dict[str, str] = {}  # by tenant

    async def profile(
        self, identity: Identity, *, enterprise: str = "", fresh: bool = False
    ) -> Profile | None:
        """Somebody's profile, with `fresh` as it is now; `None` where Slack may not be asked. `enterprise` is
        the one that the tenant is a part of, once it is known: people of its other workspaces are its own.

        Raises what `bot.errors.DeliveryError` has where Slack cannot be asked now.
        """
        if not self._allowed:
            return None
        if enterprise:
            self._enterprises[identity.tenant] = enterprise
        now = self._clock.now()
        known = self._known.get(identity)
        if known is not None and not fresh and now - known[0] < _REMEMBERED_FOR:
            return known[1]
        client = self._api.client((await self._tokens.of(identity.tenant)).token)
        try:
            with failures_told():
                answer = await client.users_info(user=identity.user)
        except DeliveryError:
            if known is None or fresh:
                raise
            return known[1]  # what was true a while ago, rather than nothing
        profile = _profile(answer["user"], identity.tenant, self._enterprises.get(identity.tenant))
        self._known[identity] = now, profile
        self._known.move_to_end(identity)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return profile


def _profile(user: Mapping[str, Any], tenant: str, enterprise: str | None) -> Profile:
    names = user.get("profile") or {}
    guest = bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("deleted"))
    foreign = _foreign(user, tenant, enterprise)
    standing = Standing.EXTERNAL if foreign else Standing.GUEST if guest else Standing.MEMBER
    return Profile(
        name=str(names.get("display_name") or user.get("real_name") or user.get("name") or user.get("id")),
        standing=standing,
        admin=bool(user.get("is_admin") or user.get("is_owner")),
        zone=str(user["tz"]) if user.get("tz") else None,
    )


def _foreign(user: Mapping[str, Any], tenant: str, enterprise: str | None) -> bool:
    """Whether somebody is of another organisation than the tenant."""
    if user.get("is_stranger"):
        return True
    home = (user.get("enterprise_user") or {}).get("enterprise_id")
    if tenant.startswith("E"):
        return bool(home != tenant)
    return user.get("team_id") not in {None, tenant} and (enterprise is None or home != enterprise)
