"""People: how surfaces know them, and what they keep. Frozen values, every instant UTC-aware."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.model import EVERY_DAY, Weekday


class Identity(NamedTuple):
    """Who somebody is on one surface.

    `tenant` is the surface's own name of the organisation: a Slack enterprise or workspace, nothing where
    the surface has one world for all. `user` is the surface's own id, never a name.
    """

    surface: str
    tenant: str
    user: str

    def __str__(self) -> str:
        return f"{self.surface}:{self.tenant}/{self.user}"


class Account(NamedTuple):
    """An identity that is known: whose it is, and since when."""

    identity: Identity
    recipient_id: str
    met_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody Paperboy knows: the recipient that owns their ledger, and how surfaces know them."""

    recipient_id: str
    name: str  # as a surface last told it; untrusted text
    identities: tuple[Identity, ...]
    zone: str | None  # IANA; None: never told
    created_at: datetime


def set_up_by(name: str) -> str:
    """How a message names whoever set its destination up: what forgetting them takes out of it again."""
    return f"Set up by {name}."


class Cadence(StrEnum):
    """How often a subscription speaks."""

    INSTANT = "instant"  # as it appears
    DAILY = "daily"
    WEEKLY = "weekly"


class SubscriptionState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A saved search of one recipient with a cadence, on one or several destinations of theirs.

    When it speaks is the schedule of those destinations, on those of their days that are its own: what is
    due to one person at one slot on one route is one message. A paper goes by the first of them that is due,
    and of those due together by the one that was named first.
    """

    id: str
    recipient_id: str
    query: str  # in normal form, never empty
    cadence: Cadence
    maximum: int  # papers a message
    minimum: int = 1  # papers that a message needs of this one; fewer wait for more
    snoozed_until: datetime | None = None  # it is silent before, and then brings what came meanwhile
    waiting_since: datetime | None = None  # papers since then wait: they were too few, or it was snoozed
    days: frozenset[Weekday] = EVERY_DAY  # no more than its destinations', which have those of all theirs
    destination_ids: tuple[str, ...]  # in the order in which they were named
    state: SubscriptionState
    created_at: datetime


class Mark(StrEnum):
    """What a person did with a paper; each is remembered until it is taken back."""

    SAVED = "saved"
    HIDDEN = "hidden"  # never shown to this person again, unless asked for
    LIKED = "liked"  # more like this
    DISLIKED = "disliked"  # less like this
    EXAMPLE = "example"  # brought to teach with


@dataclass(frozen=True, slots=True)
class MarkedPaper:
    """A paper that a recipient marked."""

    paper_id: int
    marked_at: datetime


class InstallationState(StrEnum):
    ACTIVE = "active"
    GONE = "gone"  # removed or revoked: kept for a while, restored on return, then purged


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One organisation that has installed the bot on one surface.

    `secret` is what the surface's adapter needs to speak for it (tokens and their age, as JSON); the store
    keeps it encrypted, and no `repr` shows it.
    """

    surface: str
    tenant: str
    name: str  # the organisation's, for people
    secret: "Hidden"
    installed_by: str  # the surface's id of whoever did
    installed_at: datetime
    state: InstallationState = InstallationState.ACTIVE
    state_at: datetime


class Hidden(str):
    """Text that no `repr` shows, and so no log and no traceback's list of locals."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Hidden(…)"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a destination, for whoever asks later who did what."""

    destination_id: str
    at: datetime
    by: str  # an identity as text, or `the command line`
    what: str  # one sentence, which names nobody


__all__ = [
    "Account",
    "Cadence",
    "Change",
    "Hidden",
    "Identity",
    "Installation",
    "InstallationState",
    "Mark",
    "MarkedPaper",
    "Person",
    "Subscription",
    "SubscriptionState",
    "set_up_by",
]
