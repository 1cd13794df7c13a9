"""How the stand-in reaches the app: what both ways have in common."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from tests.servers.slack.state import Body

PATIENCE: Final = 10.0  # seconds that an acknowledgement may take before it is taken for none


@dataclass(frozen=True, slots=True)
class Ack:
    """The app's acknowledgement."""

    status: int  # of HTTP; 200 over a socket
    content: Any  # JSON, text, or None
    seconds: float  # it took, by the monotonic clock


class Transport(Protocol):
    """One way to the app."""

    async def send(self, payload: Body, *, attempt: int = 0, reason: str = "") -> Ack | None:
        """Hands the payload over and waits. `None`: it was never acknowledged."""
