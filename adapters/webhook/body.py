"""The JSON that a receiver gets; described for its author in `docs/webhook.md`."""

import json
from datetime import UTC
from typing import Any

from bot.ports import Parcel
from bot.view.doc import PaperCard, Span, from_json
from bot.view.plain import to_plain


def body_of(parcel: Parcel) -> bytes:
    """The same bytes in every try. Raises `ValueError` if the message is none that this version knows."""
    doc = from_json(parcel.doc)
    value = {
        "type": "digest",
        "id": parcel.key,
        "created_at": parcel.created_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "text": to_plain(doc),
        "papers": [_paper(block) for block in doc.blocks if isinstance(block, PaperCard)],
        "doc": json.loads(parcel.doc),
    }
    # Lone surrogates have no UTF-8 form: each goes out as "?".
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _paper(card: PaperCard) -> dict[str, Any]:
    return {
        "number": card.number,
        "key": card.paper_key,
        "title": card.title.text,
        "url": card.title.url,
        "summary": "".join(span.text for span in card.summary) or None,
        "summary_from": card.summary_from,
        "facts": [_fact(fact) for fact in card.facts],
    }


def _fact(fact: Span) -> dict[str, str | None]:
    return {"text": fact.text, "url": fact.url}
