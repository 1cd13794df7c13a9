"""A payload with the upstream's words replaced by what is derived from them: a few digits of their SHA-256.

What is kept is ours: structure, labels, reasons, ids. Recorded data never becomes part of the project.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from adapters.discord import escape as discord_escape
from adapters.discord import render as discord
from adapters.slack import escape as slack_escape
from adapters.slack import render as slack
from bot.model import Layout
from bot.view.doc import Doc, PaperCard
from bot.view.text import one_line, shorten
from tests.discord_sending import payload_of

LAYOUTS: Final = {
    "slack": (Layout.COMPACT, Layout.CARDS, Layout.THREAD),
    "discord": tuple(Layout),
}

_SHOWN: Final = ("embeds", "components")


def golden(surface: str, doc: Doc) -> dict[str, list[dict[str, Any]]]:
    """What goes to the surface, by layout: its messages."""
    made = _slack if surface == "slack" else _discord
    words = _words_of_others(doc)
    return {layout.value: _skeleton(made(doc, layout), words) for layout in LAYOUTS[surface]}


def _slack(doc: Doc, layout: Layout) -> list[dict[str, Any]]:
    return [{"text": message.text, "blocks": list(message.blocks)} for message in slack.messages(doc, layout)]


def _discord(doc: Doc, layout: Layout) -> list[dict[str, Any]]:
    """With the name that a thread with the message would have."""
    return [
        {"name": message.name}
        | {name: value for name, value in payload_of(message).items() if name in _SHOWN}
        for message in discord.messages(doc, layout, key="digest-k3v9x2mq7abc")
    ]


def digest_of(text: str) -> str:
    return f"«{sha256(text.encode()).hexdigest()[:12]}»"


def _words_of_others(doc: Doc) -> dict[str, str]:
    """What to replace and by what, the longest first, so that no text is taken for a part of another."""
    cards = [block for block in doc.blocks if isinstance(block, PaperCard)]
    found = {word for card in cards for word in _upstream(card)}
    forms = {form: digest_of(word) for word in found for form in _forms(word) if form}
    for card in cards:  # as an option of a select
        forms[shorten(f"{card.number}. {card.title.text}", 100)] = (
            f"{card.number}. {digest_of(card.title.text)}"
        )
    return dict(sorted(forms.items(), key=lambda item: -len(item[0])))


def _forms(word: str) -> tuple[str, ...]:
    """The shapes that a word takes on its way; the last one in the name of a thread."""
    return (one_line(word), slack_escape.escaped(word), discord_escape.escaped(word), shorten(word, 100))


def _upstream(card: PaperCard) -> Iterator[str]:
    """Everything of a card but its reason, which stands first, and the word `code`."""
    yield card.title.text
    for span in (*card.summary, *card.facts[1:]):
        if not span.text.startswith("code"):
            yield span.text
        if span.url is not None:
            yield span.url


def _skeleton(value: Any, words: dict[str, str]) -> Any:
    match value:
        case dict():
            return {key: _skeleton(inner, words) for key, inner in value.items()}
        case list() | tuple():
            return [_skeleton(inner, words) for inner in value]
        case str():
            return _ours(value, words)
        case _:
            return value


def _ours(text: str, words: dict[str, str]) -> str:
    for word, replacement in words.items():
        text = text.replace(word, replacement)
    return text
