"""How the command line prints: for people at a terminal, for people elsewhere, and for programs.

Everything that goes out passes through here, so that nothing from upstream can steer a terminal, forge a line
or be taken for markup, and so that a closed pipe or a full disk behind standard output has one answer.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bot.errors import PaperboyError
from bot.view.doc import Span
from bot.view.text import control_free

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WIDEST: Final = 120  # columns: longer lines are tiring to read, however wide the window
_LEAST_ROOM: Final = 20  # columns of text, however narrow the terminal
_UNBOUNDED: Final = 100_000  # columns of a table that goes into a pipe: no cell is ever broken
# What JSON leaves as it is, though a terminal would obey it: C1 controls, DEL, what overrides the direction
# of text; and lone surrogates, which no encoding can write.
_STEERING: Final = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class ReaderGoneError(Exception):
    """Whoever read our output has had enough (`paperboy … | head`): no failure, but no more use either."""


# --- lines -------------------------------------------------------------------------------------


def say(text: str = "") -> None:
    """Prints a line for a person; nothing in it can steer the terminal."""
    emit(control_free(text) + "\n")


def warn(text: str) -> None:
    """Prints a line beside the output proper, as far as anybody is there to read it."""
    try:
        sys.stderr.write(control_free(text) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # ValueError: it was closed
        return


def print_json(value: object) -> None:
    """Prints one JSON value; instants are ISO 8601 in UTC."""
    # Escapes are understood everywhere, while an encoding without a letter would lose it.
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    text = json.dumps(value, indent=2, ensure_ascii=plain, default=_plain)
    emit(_STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")


def paragraph(
    *spans: Span, first: str = "", rest: str | None = None, console: "Console | None" = None
) -> None:
    """Prints text that flows: wrapped at a terminal, one line elsewhere.

    The first line begins with `first`, the others with `rest` (`None`: with as many blanks). At a terminal
    what is strong is bold, what is emphasised is dim, and a span with an address is a link. White space, line
    breaks included, becomes one space.
    """
    cleaned = [Span(_one_line(span.text), span.url, span.strong, span.emphasis) for span in spans]
    console = console or _terminal()
    if console is None:
        emit((first + "".join(span.text for span in cleaned)).rstrip() + "\n")
        return
    from rich.style import Style
    from rich.text import Text

    indent = " " * len(first) if rest is None else rest
    flowing = Text()
    for span in cleaned:
        style = Style(bold=span.strong or None, dim=span.emphasis or None, link=span.url)
        flowing.append(span.text, style)
    room = max(min(console.width, _WIDEST) - len(indent), _LEAST_ROOM)
    for number, line in enumerate(flowing.wrap(console, room, overflow="fold") or [flowing]):
        line.rstrip()
        console.print(Text(indent if number else first).append_text(line), soft_wrap=True)


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Prints names and values in two columns, the empty ones left out."""
    shown = [(name, value) for name, value in rows if value]
    room = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        paragraph(Span(value), first=f"  {name:<{room}}  ")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table: as wide as the terminal, or with no cell broken where there is none."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    console = _terminal()
    for column in columns:
        shown.add_column(column, overflow="fold", no_wrap=console is None)
    for row in rows:
        shown.add_row(*(Text(_one_line(cell)) for cell in row))
    if console is None:
        emit("\n".join(line.rstrip() for line in _unbounded(shown).splitlines()) + "\n")
    else:
        console.print(shown)


def text_width() -> int | None:
    """How many columns a line of text may take; `None` where there is no terminal: as many as it needs."""
    console = _terminal()
    return None if console is None else min(console.width, _WIDEST)


def shows_bold() -> bool:
    """Whether standard output is a terminal that knows how."""
    console = _terminal()
    return console is not None and console.color_system is not None


# --- words -------------------------------------------------------------------------------------


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 paper`, `2 papers`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


# --- the way out -------------------------------------------------------------------------------


def emit(text: str) -> None:
    """Writes to standard output, at once. Raises `PaperboyError` if it cannot, or `ReaderGoneError`."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None
    except OSError as error:
        raise PaperboyError(f"Standard output cannot be written ({error.strerror or error}).") from error


def _terminal() -> "Console | None":
    """The terminal that standard output is, if it is one."""
    if not sys.stdout.isatty():
        return None
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def _unbounded(what: "RenderableType") -> str:
    from io import StringIO

    from rich.console import Console

    console = Console(file=StringIO(), width=_UNBOUNDED, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


def _one_line(text: str) -> str:
    """Without controls and line breaks; blanks at the ends are kept, since spans are joined."""
    return re.sub(r"\s+", " ", control_free(text))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    return str(value)
