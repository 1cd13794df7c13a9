"""Spans as Slack takes them: escaped markup, rich text, or plain text. Pure.

Slack's markup (mrkdwn) escapes `&`, `<` and `>`, and nothing else: a `*` in a title cannot be told from one
that makes text bold. So text becomes markup only where no reading of it, however lenient, finds any; all
other text becomes rich text, in which Slack reads nothing at all.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.view.doc import Span
from bot.view.text import one_line

Json = dict[str, Any]
Line = tuple[Span, ...]

LONGEST_ADDRESS: Final = 2_000  # characters in markup; what is longer is shown without its link
DATE_FORMAT: Final = "{date_short_pretty} {time}"

# Characters of markup around an instant or a link, its address left out; and those of all styles.
_ENTITY: Final = 60
_STYLES: Final = 6

_MARKS: Final = "*_~`"
# Our own styles, by the mark that makes each.
_STYLED: Final[dict[str, Callable[[Span], bool]]] = {
    "*": lambda span: span.strong,
    "_": lambda span: span.emphasis,
    "`": lambda span: span.code,
}
_EMOJI: Final = re.compile(r":[^\s:]+:")
_PUNCTUATION: Final = ".,;:!?"  # Slack ends a style before these as before a blank


def escaped(text: str) -> str:
    """The text for markup: with Slack's three entities, on one line."""
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- markup --------------------------------------------------------------------------------------------


def mrkdwn(lines: Sequence[Line]) -> str | None:
    """The lines as markup, or `None` where Slack could read something into their text.

    To be sent with `verbatim`, so that addresses, names and channels in it stay text.
    """
    lines = [line for line in map(_tidy, lines) if line]
    text = "\n".join("".join(span.text for span in line) for line in lines)
    spans = [span for line in lines for span in line]
    ours = "".join(mark for mark, styled in _STYLED.items() if any(map(styled, spans)))
    # A mark that stands alone makes nothing; beside one of ours, or of its own kind, it may.
    if any(text.count(mark) > (0 if mark in ours else 1) for mark in _MARKS):
        return None
    if _EMOJI.search(text) or any(line[0].text.startswith(">") for line in lines):
        return None
    if any("|" in span.text or span.code for span in spans if _is_entity(span)):
        return None
    if not all(_stands_apart(line) for line in lines):
        return None
    return "\n".join("".join(map(_marked, line)) for line in lines)


def _is_styled(span: Span) -> bool:
    return any(styled(span) for styled in _STYLED.values())


def _is_entity(span: Span) -> bool:
    return span.url is not None or span.instant is not None


def _tidy(line: Line) -> Line:
    """The line's spans without empty ones, and without blanks at both ends of the line, a style or a link."""
    spans: list[Span] = []
    for span in line:
        text = one_line(span.text)
        if _is_styled(span) or span.url is not None:
            core = text.strip()
            head, _, tail = text.partition(core) if core else (text, "", "")
            spans += [Span(head), replace(span, text=core), Span(tail)]
        else:
            spans.append(replace(span, text=text))
    spans = [_followable(span) for span in spans if span.text]
    while spans and not (text := spans[0].text.lstrip()):
        del spans[0]
    if spans:
        spans[0] = replace(spans[0], text=spans[0].text.lstrip())
    while spans and not (text := spans[-1].text.rstrip()):
        del spans[-1]
    if spans:
        spans[-1] = replace(spans[-1], text=spans[-1].text.rstrip())
    return tuple(spans)


def _stands_apart(line: Line) -> bool:
    """Whether each styled span has blanks or an end of the line beside it, or punctuation behind it: Slack
    styles nothing else.
    """
    for index, span in enumerate(line):
        before = line[index - 1].text[-1:] if index else ""
        following = line[index + 1] if index + 1 < len(line) else Span("")
        plain_text = not (_is_styled(following) or _is_entity(following))
        after = following.text[:1].strip(_PUNCTUATION if plain_text else "")
        if _is_styled(span) and (before.strip() or after.strip()):
            return False
    return True


def _marked(span: Span) -> str:
    text = f"`{escaped(span.text)}`" if span.code else escaped(span.text)
    if span.instant is not None:
        link = f"^{_address(span.url)}" if span.url is not None else ""
        text = f"<!date^{span.instant}^{DATE_FORMAT}{link}|{text}>"
    elif span.url is not None:
        text = f"<{_address(span.url)}|{text}>"
    if span.emphasis:
        text = f"_{text}_"
    return f"*{text}*" if span.strong else text


def _address(url: str) -> str:
    """An address as it stands in markup, where `|` and `^` would end it."""
    return url.replace("|", "%7C").replace("^", "%5E").replace("&", "&amp;")


def _followable(span: Span) -> Span:
    if span.url is None or len(_address(span.url)) <= LONGEST_ADDRESS:
        return span
    return replace(span, url=None)


def characters(span: Span) -> int:
    """What a span takes at most, in markup or in rich text."""
    followable = _followable(span)
    address = len(_address(followable.url)) if followable.url is not None else 0
    entity = _ENTITY if address or span.instant is not None else 0
    return len(escaped(span.text)) + address + entity + _STYLES


# --- rich text -----------------------------------------------------------------------------------------


def rich(lines: Sequence[Line]) -> list[Json]:
    """The lines as elements of rich text, with line breaks between them."""
    elements: list[Json] = []
    for line in map(_tidy, lines):
        if line and elements:
            elements.append({"type": "text", "text": "\n"})
        elements.extend(map(_element, line))
    return elements


def _element(span: Span) -> Json:
    style = {"bold": True} if span.strong else {}
    if span.emphasis:
        style["italic"] = True
    if span.code:
        style["code"] = True
    styled: Json = {"style": style} if style else {}
    if span.instant is not None:
        date = {"type": "date", "timestamp": span.instant, "format": DATE_FORMAT, "fallback": span.text}
        return {**date, **({"url": span.url} if span.url is not None else {}), **styled}
    if span.url is not None:
        return {"type": "link", "url": span.url, "text": span.text, **styled}
    return {"type": "text", "text": span.text, **styled}
