"""`Doc`: a message before it has a platform, and its JSON.

Text is spans, never Markdown strings, and is escaped once, by the surface that shows it. A span's text is
plain: nothing in it is a mention, a link or markup. Everything is frozen and has value equality.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

VERSION: Final = 1

_T = TypeVar("_T")

_WEB_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_TO_TYPE: Final = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of plain text, perhaps a link, perhaps set apart.

    A `url` that is no absolute http or https address, or has white space, quotes, angle brackets or
    unprintable characters in it, is dropped, so that what an upstream sent never becomes another kind
    of link. An `instant` is shown in the reader's own time where the surface can, else as `text`.
    """

    text: str
    url: str | None = None
    strong: bool = False
    emphasis: bool = False
    instant: int | None = None  # Unix seconds, UTC
    code: bool = False  # something to type, or typed so

    def __post_init__(self) -> None:
        if self.url is not None and not (_WEB_ADDRESS.fullmatch(self.url) and self.url.isprintable()):
            object.__setattr__(self, "url", None)

    @property
    def shown(self) -> str:
        """The text where nothing but text can be shown: what is to be typed stands between backticks."""
        return f"`{self.text}`" if self.code and self.text else self.text


Marks = tuple[tuple[int, int], ...]
"""Ranges of characters, from and up to, in order, apart: what stands out in a text."""


def marked(span: Span, marks: Marks) -> tuple[Span, ...]:
    """The span in pieces, of which those that are marked are strong, even where it is set back; none of them
    is empty.
    """
    pieces: list[Span] = []
    at = 0
    for start, stop in (*marks, (len(span.text), len(span.text))):
        pieces += [replace(span, text=span.text[at:start])] if at < start else []
        strong = replace(span, text=span.text[start:stop], strong=True, emphasis=False)
        pieces += [strong] if start < stop else []
        at = stop
    return tuple(pieces)


def with_code(sentence: str) -> tuple[Span, ...]:
    """A sentence of ours as spans: what stands between two backticks in it is to be typed.

    Only for sentences without backticks of other people's: they would pass for ours.
    """
    parts = enumerate(_TO_TYPE.split(sentence))
    return tuple(Span(text, code=index % 2 == 1) for index, text in parts if text)


@dataclass(frozen=True, slots=True)
class Button:
    """Something a reader can do: `action` is what the surface hands back (`bot.commands.actions`).

    `label` says it whole, so that it can be read aloud without what stands around it.
    """

    label: str
    action: str
    danger: bool = False  # asks the reader whether this is really meant


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a message."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PaperCard:
    """One paper of a digest."""

    number: int  # as shown, from 1
    paper_key: str  # `bot.model.Paper.key`
    title: Span
    summary: tuple[Span, ...] = ()
    summary_from: str | None = None  # who wrote the summary, for people: "abstract", "Hugging Face's AI"
    facts: tuple[Span, ...] = ()  # the reason first, then authors, code, …
    menu: tuple[Button, ...] = ()  # what can be done with this paper
    title_marks: Marks = ()  # what was looked for and stands in the title


@dataclass(frozen=True, slots=True)
class Section:
    """A label in front of a group of cards."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Small print."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Divider:
    """A line between groups."""


@dataclass(frozen=True, slots=True)
class Actions:
    """A row of buttons."""

    buttons: tuple[Button, ...]


Block = Heading | PaperCard | Section | Note | Divider | Actions


@dataclass(frozen=True, slots=True)
class Doc:
    """A message: its blocks, and one line for where only a line is shown (a notification)."""

    blocks: tuple[Block, ...]
    fallback: str


# --- JSON ----------------------------------------------------------------------------------------


def to_json(doc: Doc) -> str:
    """Canonical JSON: equal docs give equal text. ASCII alone, so that anything can store it."""
    blocks = [_encode(block) for block in doc.blocks]
    whole = {"version": VERSION, "fallback": doc.fallback, "blocks": blocks}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> Doc:
    """The inverse of `to_json`. Raises `ValueError` naming what is wrong and where."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("The message is nested too deeply.") from None
    except ValueError as error:
        raise ValueError(f"The message is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ValueError("The message must be an object.")  # noqa: TRY004 - documented as ValueError
    version = value.get("version")
    if version != VERSION or isinstance(version, bool):
        raise ValueError(f"The message has version {version!r}; this program reads version {VERSION}.")
    fields = _Fields(value, "the message", required={"version", "fallback", "blocks"})
    return Doc(fields.tuple_of("blocks", _block), fields.text("fallback"))


def _encode(block: Block) -> dict[str, Any]:
    match block:
        case Heading(spans):
            return {"type": "heading", "spans": _encode_spans(spans)}
        case Section(spans):
            return {"type": "section", "spans": _encode_spans(spans)}
        case Note(spans):
            return {"type": "note", "spans": _encode_spans(spans)}
        case Divider():
            return {"type": "divider"}
        case Actions(buttons):
            return {"type": "actions", "buttons": [_encode_button(one) for one in buttons]}
        case PaperCard():
            menu = {"menu": [_encode_button(one) for one in block.menu]} if block.menu else {}
            marks = {"title_marks": [list(one) for one in block.title_marks]} if block.title_marks else {}
            return {
                **menu,
                **marks,
                "type": "paper",
                "number": block.number,
                "paper_key": block.paper_key,
                "title": _encode_span(block.title),
                "summary": _encode_spans(block.summary),
                "summary_from": block.summary_from,
                "facts": _encode_spans(block.facts),
            }


def _encode_spans(spans: tuple[Span, ...]) -> list[dict[str, Any]]:
    return [_encode_span(span) for span in spans]


def _encode_span(span: Span) -> dict[str, Any]:
    """A span's JSON; what it does not have is left out."""
    value: dict[str, Any] = {"text": span.text}
    if span.url is not None:
        value["url"] = span.url
    if span.strong:
        value["strong"] = True
    if span.emphasis:
        value["emphasis"] = True
    if span.instant is not None:
        value["instant"] = span.instant
    if span.code:
        value["code"] = True
    return value


def _encode_button(button: Button) -> dict[str, Any]:
    value: dict[str, Any] = {"label": button.label, "action": button.action}
    return {**value, "danger": True} if button.danger else value


class _Fields:
    """The fields of one JSON object, each asked for by name and kind; `where` names the object."""

    def __init__(
        self, value: Any, where: str, *, required: set[str], optional: frozenset[str] = frozenset()
    ) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where} must be an object.")  # noqa: TRY004 - documented as ValueError
        self._value: Mapping[str, Any] = value
        self.where = where
        if missing := sorted(required - value.keys()):
            raise ValueError(f"{where} lacks {', '.join(map(repr, missing))}.")
        if unknown := sorted(value.keys() - required - optional):
            raise ValueError(f"{where} has the unknown {', '.join(map(repr, unknown))}.")

    def text(self, name: str) -> str:
        value = self._value[name]
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self._value.get(name) is None else self.text(name)

    def flag(self, name: str) -> bool:
        value = self._value.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def whole_number(self, name: str) -> int:
        value = self._value[name]
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, "a whole number")
        return value

    def whole_number_or_none(self, name: str) -> int | None:
        return None if self._value.get(name) is None else self.whole_number(name)

    def one(self, name: str, read: Callable[[Any, str], _T]) -> _T:
        return read(self._value[name], f"{name} of {self.where}")

    def tuple_of(self, name: str, read: Callable[[Any, str], _T]) -> tuple[_T, ...]:
        value = self._value.get(name, [])
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return tuple(read(item, f"{name}[{i}] of {self.where}") for i, item in enumerate(value))

    def _wrong(self, name: str, kind: str) -> ValueError:
        return ValueError(f"{name!r} of {self.where} must be {kind}.")


_CARD: Final = {"type", "number", "paper_key", "title", "summary", "summary_from", "facts"}
_CARD_EXTRAS: Final = frozenset({"menu", "title_marks"})
_SPAN_EXTRAS: Final = frozenset({"url", "strong", "emphasis", "instant", "code"})


def _block(value: Any, where: str) -> Block:
    kind = value.get("type") if isinstance(value, dict) else None
    match kind:
        case "heading":
            return Heading(_spans(value, where))
        case "section":
            return Section(_spans(value, where))
        case "note":
            return Note(_spans(value, where))
        case "divider":
            _Fields(value, where, required={"type"})
            return Divider()
        case "actions":
            fields = _Fields(value, where, required={"type", "buttons"})
            return Actions(fields.tuple_of("buttons", _button))
        case "paper":
            fields = _Fields(value, where, required=_CARD, optional=_CARD_EXTRAS)
            title = fields.one("title", _span)
            return PaperCard(
                number=fields.whole_number("number"),
                paper_key=fields.text("paper_key"),
                title=title,
                summary=fields.tuple_of("summary", _span),
                summary_from=fields.text_or_none("summary_from"),
                facts=fields.tuple_of("facts", _span),
                menu=fields.tuple_of("menu", _button),
                title_marks=_marks(fields, title.text),
            )
        case _:
            raise ValueError(f"{where} is of the unknown type {kind!r}.")


def _spans(value: Any, where: str) -> tuple[Span, ...]:
    return _Fields(value, where, required={"type", "spans"}).tuple_of("spans", _span)


def _span(value: Any, where: str) -> Span:
    fields = _Fields(value, where, required={"text"}, optional=_SPAN_EXTRAS)
    url = fields.text_or_none("url")
    span = Span(
        fields.text("text"),
        url,
        fields.flag("strong"),
        fields.flag("emphasis"),
        fields.whole_number_or_none("instant"),
        fields.flag("code"),
    )
    if span.url != url:
        raise ValueError(f"'url' of {where} must be an http or https address.")
    return span


def _marks(fields: _Fields, text: str) -> Marks:
    marks = fields.tuple_of("title_marks", _range)
    edges = [0, *(edge for one in marks for edge in one), len(text)]
    if any(one >= other for one, other in marks) or edges != sorted(edges):
        raise ValueError(f"'title_marks' of {fields.where} must be ranges of the title, in order and apart.")
    return marks


def _range(value: Any, where: str) -> tuple[int, int]:
    match value:
        case [int(start), int(stop)] if not isinstance(start, bool) and not isinstance(stop, bool):
            return start, stop
        case _:
            raise ValueError(f"{where} must be two whole numbers.")


def _button(value: Any, where: str) -> Button:
    fields = _Fields(value, where, required={"label", "action"}, optional=frozenset({"danger"}))
    return Button(fields.text("label"), fields.text("action"), fields.flag("danger"))
