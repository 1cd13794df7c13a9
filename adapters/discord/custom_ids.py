"""What a button or select of ours carries as its `custom_id`: an action, perhaps a mark. Pure.

    p:save:arxiv:2508.13426              does it
    d:remove:9f3k2                       asks first whether it is really meant
    p.k3x7q2m5w7zr4tbn:save:…            the same, and tells of which delivery its message is
    p:others;AAYzAAY0                    numbers of papers, four characters each
    p:~mzxw6ytboi2tgnrvg4ydcmrt          one that is too long, by a key (`adapters.discord.long_actions`)
    s:0, s.k3x7q2m5w7zr4tbn:0            a select, numbered within its message; its values are actions

All of it fits Discord's 100 characters and is enough to act on, so that nothing is remembered of a message
unless an action is longer.
Where nothing in a message can be pressed, its mark is the number of its first component.
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

# Numbers below 10 million, each as it would be written again.
_NUMBERS: Final = re.compile("(0|[1-9][0-9]{0,6})(,(0|[1-9][0-9]{0,6}))*")
_PACKED: Final = re.compile("(?P<verb>[a-z]+);(?P<numbers>([A-Za-z0-9_-]{4})+)")
_BY_KEY: Final = re.compile("~(?P<key>[a-z2-7]{24})")


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
    head = f"{'d' if asks else 'p'}{_dotted(mark)}:"
    return next((head + one for one in (action, _short(action)) if len(head + one) <= LONGEST), None)


def select_id(number: int, *, mark: str = "") -> str:
    return f"s{_dotted(mark)}:{number}"


def pressed(custom_id: str) -> Pressed | None:
    """What a button does; `None` for one that is not ours."""
    match = BUTTON.fullmatch(custom_id)
    return None if match is None else Pressed(_whole(match["action"]), match["kind"] == "d")


def mark_of(custom_id: str) -> str | None:
    """The mark that a button or select carries."""
    match = BUTTON.fullmatch(custom_id) or SELECT.fullmatch(custom_id)
    return None if match is None else match["mark"]


def by_key(key: str) -> str:
    """What stands for an action that is kept under this key: 24 characters of base32."""
    return f"~{key}"


def key_in(action: str) -> str | None:
    """The inverse; `None` for an action that stands for itself."""
    match = _BY_KEY.fullmatch(action)
    return None if match is None else match["key"]


def number(mark: str) -> int:
    """The mark as the number of a component: 31 bits, not 0."""
    return int.from_bytes(base64.b32decode(mark.upper())[:4], "big") >> 1 | 1


def _short(action: str) -> str:
    """The action with the numbers of papers that it carries in four characters each, if it carries such."""
    verb, colon, argument = action.partition(":")
    if not colon or _NUMBERS.fullmatch(argument) is None:
        return action
    packed = b"".join(int(one).to_bytes(3, "big") for one in argument.split(","))
    return f"{verb};{base64.urlsafe_b64encode(packed).decode('ascii')}"


def _whole(action: str) -> str:
    """The inverse."""
    match = _PACKED.fullmatch(action)
    if match is None:
        return action
    packed = base64.urlsafe_b64decode(match["numbers"])
    numbers = (int.from_bytes(packed[at : at + 3], "big") for at in range(0, len(packed), 3))
    return f"{match['verb']}:{','.join(map(str, numbers))}"


def _dotted(mark: str) -> str:
    return f".{mark}" if mark else ""
