"""Why a result is there, in one sentence. Pure."""

from bot.model import Paper
from bot.search.answer import Tier
from bot.search.marks import held
from bot.search.parts import wanted
from bot.search.query import EVERYTHING, Query, unordered

_SHOWN = 6  # words that a sentence names


def why(query: Query, paper: Paper, tier: Tier) -> str:
    """Which of the wanted words stand where, and which are not there; or what else brings the paper."""
    if tier is Tier.EXACT:
        return "Its title is what was typed."
    if not wanted(query):
        nothing = unordered(query) == EVERYTHING
        return "Neither words nor conditions were given." if nothing else "Every condition holds."
    in_title, in_abstract, in_keywords, missing = held(query, paper)
    found = [
        f"{place}: {_listed(words)}"
        for place, words in (
            ("in the title", in_title),
            ("in the abstract", in_abstract),
            ("in the keywords", in_keywords),
        )
        if words
    ]
    sentence = "; ".join(found)
    if not sentence:
        close = tier is Tier.CLOSE
        return "Near in meaning, in other words." if close else "A condition holds, without the words."
    sentence = sentence[0].upper() + sentence[1:]
    lacking = missing and tier is Tier.CLOSE  # what matches lacks nothing
    return f"{sentence}; not there: {_listed(missing)}." if lacking else f"{sentence}."


def _listed(words: tuple[str, ...]) -> str:
    shown = ", ".join(words[:_SHOWN])
    return f"{shown} and {len(words) - _SHOWN} more" if len(words) > _SHOWN else shown
