"""A message as plain text, for a terminal, a mail's text part, or any chat that shows text alone."""

from collections.abc import Iterator

from bot.view.doc import Actions, Block, Divider, Doc, Heading, Note, PaperCard, Section, Span
from bot.view.text import clusters, control_free
from bot.view.text import width as columns

_LEAST_ROOM = 10  # however narrow the terminal, a line holds this many columns of text
_RULE = 40  # columns of a divider where no width is given
_ADDRESS = ("https://", "http://")
_SENTENCE_ENDS = (".", "!", "?", ":", "…")


def to_plain(doc: Doc, width: int | None = None) -> str:
    """The message as lines of at most `width` columns (`None`: not wrapped), each with its newline.

    Columns are counted as a terminal shows them: an ideograph or an emoji takes two. Addresses stand on lines
    of their own and are never broken, so that these may be longer. White space, line breaks included,
    becomes one space: no text can pretend to be another line of the message. Characters that could steer
    a terminal are removed.
    """
    text = ""
    before: tuple[type[Block], int] | None = None  # of what kind, and how many lines long
    for block in doc.blocks:
        lines = _block(block, width)
        if lines:
            listed = before == (type(block), 1) and len(lines) == 1  # lines of a list stand close together
            text += "\n" if before is not None and not listed else ""
            text += "".join(f"{line}\n" for line in lines)
            before = type(block), len(lines)
    return text


def wrap(text: str, width: int | None, *, first: str = "", rest: str = "") -> list[str]:
    """Lines of `text` of at most `width` columns; the first begins with `first`, the others with `rest`.

    Both prefixes are ASCII. An address within the text is not broken either.
    """
    prefix = max(len(first), len(rest))
    room = None if width is None else max(width, prefix + _LEAST_ROOM)
    lines: list[str] = []
    line, used = first, len(first)
    for word in control_free(text).split():
        gap = "" if used == len(first) and not lines else " "
        for piece in _pieces(word, None if room is None else room - prefix):
            wide = _columns(piece)
            if room is not None and used + len(gap) + wide > room and line not in {first, rest}:
                lines.append(line)
                line, used, gap = rest, len(rest), ""
            line, used, gap = f"{line}{gap}{piece}", used + len(gap) + wide, ""
    return [*lines, line] if line != first else lines


def _block(block: Block, width: int | None) -> list[str]:
    match block:
        case Heading(spans):
            return _underlined(spans, width, "=")
        case Section(spans) if _is_label(spans):
            return _underlined(spans, width, "-")
        case Section(spans):
            return [*wrap(_text(spans), width), *_addresses(spans, "")]
        case Note(spans):
            return [*wrap(_text(spans), width), *_addresses(spans, "")]
        case Divider():
            return ["-" * min(width or _RULE, _RULE)]
        case Actions():
            return []  # text alone has nothing to press
        case PaperCard():
            return _card(block, width)


def _card(card: PaperCard, width: int | None) -> list[str]:
    number = f"{card.number}. "
    indent = " " * len(number)
    summary = _text(card.summary)
    if summary and card.summary_from:
        summary += f" ({card.summary_from})"
    facts = " · ".join(fact.shown for fact in card.facts if fact.text and fact.text != fact.url)
    return [
        *(wrap(card.title.text, width, first=number, rest=indent) or [number.rstrip()]),
        *_addresses((card.title,), indent),
        *wrap(summary, width, first=indent, rest=indent),
        *_addresses(card.summary, indent),
        *wrap(facts, width, first=indent, rest=indent),
        *_addresses(card.facts, indent),
    ]


def _underlined(spans: tuple[Span, ...], width: int | None, rule: str) -> list[str]:
    lines = wrap(_text(spans), width)
    under = [rule * max(map(_columns, lines))] if lines else []
    return [*lines, *under, *_addresses(spans, "")]


def _is_label(spans: tuple[Span, ...]) -> bool:
    """Whether a section is a label in front of what follows, and no sentence of its own."""
    return not _text(spans).rstrip().endswith(_SENTENCE_ENDS)


def _text(spans: tuple[Span, ...]) -> str:
    return "".join(span.shown for span in spans if span.text != span.url)


def _addresses(spans: tuple[Span, ...], indent: str) -> list[str]:
    return [f"{indent}{span.url}" for span in spans if span.url is not None]


def _columns(text: str) -> int:
    return sum(columns(cluster) for cluster in clusters(text))


def _pieces(word: str, limit: int | None) -> Iterator[str]:
    """The parts of a word between which a line may end, each of at most `limit` columns."""
    if limit is None or word.startswith(_ADDRESS):
        yield word
        return
    piece, used = "", 0
    for cluster in clusters(word):
        wide = columns(cluster)
        if piece and (wide == 2 or used + wide > limit):
            yield piece
            piece, used = "", 0
        piece, used = piece + cluster, used + wide
        if wide == 2:
            yield piece
            piece, used = "", 0
    if piece:
        yield piece
