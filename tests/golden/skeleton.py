"""A payload with the upstream's words replaced by what is derived from them: a few digits of their SHA-256.

What is kept is ours: structure, labels, reasons, ids. Recorded data never becomes part of the project.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from adapters.slack.escape import clean, escaped
from adapters.slack.render import LAYOUTS, messages
from bot.view.doc import Doc, PaperCard


def golden(doc: Doc) -> dict[str, Any]:
    """What goes to Slack, by layout: of each message its text and its blocks."""
    words = _words_of_others(doc)
    return {
        layout.value: [
            {"text": _ours(message.text, words), "blocks": _skeleton(message.blocks, words)}
            for message in messages(doc, layout)
        ]
        for layout in LAYOUTS
    }


def digest_of(text: str) -> str:
    return f"«{sha256(text.encode()).hexdigest()[:12]}»"


def _words_of_others(doc: Doc) -> dict[str, str]:
    """What to replace and by what, the longest first, so that no text is taken for a part of another."""
    found = {word for block in doc.blocks if isinstance(block, PaperCard) for word in _upstream(block)}
    forms = {form: digest_of(word) for word in found for form in (clean(word), escaped(word)) if form}
    return dict(sorted(forms.items(), key=lambda item: -len(item[0])))


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
