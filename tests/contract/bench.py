"""What a bench is, on which a deliverer is tested."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from bot.model import Posting
from bot.ports import Deliverer

NOW = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)


class Trouble(Enum):
    """What can befall one send."""

    UNREACHABLE = auto()  # no connection: nothing was accepted
    BUSY = auto()  # asked to come again later: nothing was accepted
    LOST_REQUEST = auto()  # cut before it was read
    LOST_REPLY = auto()  # accepted, and the answer lost
    FAILED_AFTER = auto()  # accepted, and then the receiver failed
    REFUSED = auto()  # told no, for good
    STUCK = auto()  # accepted or not, nothing comes back


@dataclass(frozen=True)
class Arrived:
    """One message at the other end: its key, and its text as a person would find it."""

    key: str
    text: str


class Bench(Protocol):
    """One deliverer with the other end in hand."""

    @property
    def deliverer(self) -> Deliverer: ...

    @property
    def address(self) -> str:
        """In its normal form."""

    @property
    def posting(self) -> Posting:
        """How messages are put up there."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no error may show."""

    @property
    def normal(self) -> Mapping[str, str]:
        """Addresses as people give them, and their normal form."""

    @property
    def impossible(self) -> tuple[str, ...]:
        """Addresses that must be refused."""

    @property
    def is_terminal(self) -> bool:
        """Whether control characters in what arrives would steer something."""

    @property
    def troubles(self) -> frozenset[Trouble]:
        """Those that can befall it."""

    def cause(self, trouble: Trouble) -> None:
        """The next send meets this."""

    def shown(self, text: str) -> str:
        """How a title must stand in the message that arrives."""

    def pass_time(self, duration: timedelta) -> None:
        """So much later, on both ends' clocks."""

    def forbid_asking(self) -> None:
        """From now on the deliverer may not look at what it sent; for some that is always so."""

    async def arrived(self) -> list[Arrived]: ...

    async def under_way(self) -> None:
        """Returns once a send that was started has reached the other end."""
