"""Lists that come page by page."""

import base64
import binascii
from typing import TypeVar

from tests.servers.slack.api import Call, SlackError

T = TypeVar("T")

PAGE = 100  # objects, unless a limit is given
LARGEST_PAGE = 999


def page_of(call: Call, found: list[T]) -> tuple[list[T], str]:
    """The page that a cursor asks for, and the cursor of the next; empty if there is none."""
    start = 0
    if call.arguments.get("cursor"):
        try:
            start = int(
                base64.b64decode(call.arguments["cursor"], validate=True).decode().removeprefix("next:")
            )
        except (binascii.Error, ValueError):
            raise SlackError("invalid_cursor") from None
    limit = min(int(call.arguments.get("limit") or PAGE), LARGEST_PAGE)
    rest = len(found) > start + limit
    cursor = base64.b64encode(f"next:{start + limit}".encode()).decode() if rest else ""
    return found[start : start + limit], cursor
