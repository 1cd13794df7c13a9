"""What a button or select of ours carries as its `custom_id`: an action, perhaps a mark. Pure.

    p:save:arxiv:2508.13426              does it
    d:remove:9f3k2                       asks first whether it is really meant
    p.k3x7q2m5w9zr4tbn:save:…            the same, and tells of which delivery its message is
    s:0, s.k3x7q2m5w9zr4tbn:0            a select, numbered within its message; its values are actions

All of it fits Discord's 100 characters and is enough to act on, so that nothing is remembered of a message.
"""

import base64
import hashlib
import re
from typing import Final, NamedTuple

LONGEST: Final = 100  # characters of a `custom_id`, and of the value of a select's option

_MARK: Final = "(?:\\.(?P<mark>[a-z2-7]{16}))?"

# How discord.py's `DynamicItem` finds them.
BUTTON: Final = re.compile(f"(?P<kind>[pd]){_MARK}:(?P<action>.+)", re.DOTALL)
SELECT: Final = re.compile(f"s{_MARK}:(?P<number>[0-9]{{1,2}})")


class Pressed(NamedTuple):
    """A button as its `custom_id` tells it."""

    action: str  # the text of a `bot.commands.actions.Action`
    asks: bool  # whether it asks first


def mark(key: str, part: int = 0) -> str:
    """What a message of a delivery is known by: 16 characters made from the delivery's key and the message's
    place among its parts. It serves as nonce, too.
    """
    digest = hashlib.sha256(f"{key}/{part}".encode()).digest()
    return base64.b32encode(digest[:10]).decode("ascii").lower()


def button_id(action: str, *, asks: bool = False, mark: str = "") -> str | None:
    """The `custom_id` of a button, or `None` if the action is longer than one holds."""
    text = f"{'d' if asks else 'p'}{_dotted(mark)}:{action}"
    return text if len(text) <= LONGEST else None


def select_id(number: int, *, mark: str = "") -> str:
    return f"s{_dotted(mark)}:{number}"


def pressed(custom_id: str) -> Pressed | None:
    """What a button does; `None` for one that is not ours."""
    match = BUTTON.fullmatch(custom_id)
    return None if match is None else Pressed(match["action"], match["kind"] == "d")


def mark_of(custom_id: str) -> str | None:
    """The mark that a button or select carries."""
    match = BUTTON.fullmatch(custom_id) or SELECT.fullmatch(custom_id)
    return None if match is None else match["mark"]


def _dotted(mark: str) -> str:
    return f".{mark}" if mark else ""
