"""Answers as views: a modal that only shows, and the App Home. Pure.

A view carries where it belongs, because Slack does not say so when something in it is pressed.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from adapters.slack.escape import Json
from adapters.slack.render import blocks_of
from bot.view.doc import Doc, Note, Section, Span

_BLOCKS: Final = 100  # of a view, at most
_TITLE: Final = {"type": "plain_text", "text": "Papers", "emoji": False}
_CLOSE: Final = {"type": "plain_text", "text": "Close", "emoji": False}
_MORE: Final = Note((Span("There is more than fits here; the commands show all of it."),))
WAIT: Final = "One moment …"


def answer_view(doc: Doc, place: str) -> Json:
    """A modal that shows an answer."""
    return {
        "type": "modal",
        "title": _TITLE,
        "close": _CLOSE,
        "private_metadata": json.dumps({"place": place}, separators=(",", ":")),
        "blocks": fitted(doc),
    }


def waiting_view(place: str) -> Json:
    """A modal whose answer takes a while."""
    return answer_view(Doc((Section((Span(WAIT),)),), WAIT), place)


def home_view(doc: Doc) -> Json:
    """Somebody's App Home."""
    return {"type": "home", "blocks": fitted(doc)}


def fitted(doc: Doc) -> list[Json]:
    """The blocks, those at the end left out that a view has no room for."""
    made = blocks_of(doc)
    shown = doc.blocks
    while len(made) > _BLOCKS:
        shown = shown[:-1]
        made = blocks_of(replace(doc, blocks=(*shown, _MORE)))
    return made


def place_of(view: Mapping[str, Any]) -> str:
    """The place that a view carries; nothing for one that belongs nowhere."""
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return ""
    place = kept.get("place") if isinstance(kept, dict) else None
    return place if isinstance(place, str) else ""


__all__ = ["answer_view", "fitted", "home_view", "place_of", "waiting_view"]
