"""A Doc as a mail's two bodies: HTML that looks right in mail clients, and plain text.

Nothing in either is fetched from anywhere: no picture, no font, no stylesheet. Links are the papers' own
addresses; one that leads to the machine it is read on, or into somebody's network, is shown as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.mail.address import reaches_outside
from bot.view.doc import (
    Actions,
    Block,
    Divider,
    Doc,
    Heading,
    Note,
    PaperCard,
    Section,
    Span,
    marked,
    with_code,
)
from bot.view.plain import to_plain
from bot.view.text import control_free, one_line, shorten

_WIDTH: Final = 74  # columns of the plain text: with a "> " before it, it fits any window
_LONGEST_SUBJECT: Final = 110  # characters: what lists of mails show at most
_LONGEST_PREVIEW: Final = 140  # characters of the line that lists of mails show behind the subject
_LONGEST_TITLE: Final = 250  # characters; what is longer is no title
_LONGEST_TEXT: Final = 1_500


@dataclass(frozen=True, slots=True)
class Bodies:
    """A message as mail clients show it."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a message ends: why it came, and how to have no more of them."""

    why: str  # a sentence
    by_chat: str  # a sentence, with what is to be typed between backticks
    link: str = ""  # https: or mailto:; empty: there is nothing to stop
    by_mail: str = ""  # the same for whoever reads plain text, if the link is no address of the web


_environment: Final = Environment(
    loader=PackageLoader("adapters.email"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["coded"] = with_code
_environment.filters["kind"] = lambda block: type(block).__name__
_environment.filters["title"] = lambda card: marked(card.title, card.title_marks)


def bodies_of(doc: Doc, ending: Ending) -> Bodies:
    """Both bodies of one message."""
    shown = Doc(tuple(_for_mail(block) for block in doc.blocks if not isinstance(block, Actions)), "")
    subject = shorten(one_line(doc.fallback).strip(), _LONGEST_SUBJECT) or "Paperboy"
    html = _environment.get_template("message.html").render(
        subject=subject, preview=_preview(shown), blocks=shown.blocks, ending=ending
    )
    return Bodies(subject, _text(shown, ending), _encodable(html))


def _text(shown: Doc, ending: Ending) -> str:
    stop = ending.by_mail or (f"To stop these mails, open this: {ending.link}" if ending.link else "")
    small_print = [Note(with_code(sentence)) for sentence in (ending.why, ending.by_chat) if sentence]
    end = Doc((Divider(), *small_print, *((Note((Span(stop),)),) if stop else ())), "")
    return _encodable(f"{to_plain(shown, _WIDTH)}\n{to_plain(end, _WIDTH)}")


def _encodable(text: str) -> str:
    """Lone surrogates have no UTF-8 form: each goes out as "?"."""
    return text.encode("utf-8", "replace").decode()


def _preview(shown: Doc) -> str:
    """The first titles: what a list of mails shows of a message that is not open."""
    titles = "; ".join(block.title.text for block in shown.blocks if isinstance(block, PaperCard))
    return shorten(titles, _LONGEST_PREVIEW)


# --- what may stand in a mail --------------------------------------------------------------------


def _for_mail(block: Block) -> Block:
    match block:
        case Heading(spans) | Section(spans) | Note(spans):
            return replace(block, spans=_spans(spans))
        case PaperCard():
            title = replace(
                _span(block.title), text=shorten(one_line(block.title.text).strip(), _LONGEST_TITLE)
            )
            kept = title.text == block.title.text
            return replace(
                block,
                title=title,
                title_marks=block.title_marks if kept else (),
                summary=_spans(block.summary),
                facts=_spans(block.facts),
                menu=(),
            )
        case Divider() | Actions():
            return block


def _spans(spans: Sequence[Span]) -> tuple[Span, ...]:
    room = _LONGEST_TEXT
    kept: list[Span] = []
    for span in map(_span, spans):
        kept.append(replace(span, text=shorten(span.text, max(room, 0))))
        room -= len(span.text)
    return tuple(span for span in kept if span.text)


def _span(span: Span) -> Span:
    url = span.url if span.url is not None and reaches_outside(span.url) else None
    return replace(span, text=control_free(span.text), url=url)
