"""A `Doc` as Discord shows it: components or embeds, packed to Discord's limits."""

from dataclasses import dataclass
from typing import Any

from discord import Embed
from discord.ui import LayoutView, View

from bot.model import Layout
from bot.view.doc import Doc


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One message: components, or embeds with buttons beside them.

    The view is finished already: discord.py keeps nothing of it, and whoever presses is heard by the pattern
    of what was pressed (`adapters.discord.custom_ids`).
    """

    view: LayoutView | View | None
    embeds: tuple[Embed, ...] = ()
    content: str = ""  # beside embeds alone; markup of ours

    def arguments(self) -> dict[str, Any]:
        """What discord.py's `send`, `send_message` and `followup.send` take, link previews left out."""
        raise NotImplementedError


def messages(
    doc: Doc, layout: Layout = Layout.COMPACT, *, key: str = "", mention: str = ""
) -> tuple[Message, ...]:
    """The message, and those that it goes on in.

    With `key` each carries the mark of that delivery and its own part; `mention` is the id of the role that
    the first one mentions. A view may be sent once: call again to send again.
    """
    raise NotImplementedError
