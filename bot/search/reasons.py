"""Why a result is there, in one sentence. Pure."""

from bot.model import Paper
from bot.search.answer import Tier
from bot.search.marks import held
from bot.search.parts import wanted
from bot.search.query import Query

_SHOWN = 6  # words that a sentence names


def why(query: Query, paper: Paper, tier: Tier) -> str:
    """Which of the wanted words stand where, or that the paper is near in meaning."""
    if tier is Tier.EXACT:
        return "Its title is what was typed."
    if not wanted(query):
        return "Every condition holds."
    in_title, in_abstract, missing = held(query, paper)
    found = [
        f"{place}: {_listed(words)}"
        for place, words in (("in the title", in_title), ("in the abstract", in_abstract))
        if words
    ]
    sentence = "; ".join(found)
    if not sentence:
        return "Near in meaning, in other words." if tier is Tier.CLOSE else "Every word is in its keywords."
    sentence = sentence[0].upper() + sentence[1:]
    return f"{sentence}; not there: {_listed(missing)}." if missing else f"{sentence}."


def _listed(words: tuple[str, ...]) -> str:
    shown = ", ".join(words[:_SHOWN])
    return f"{shown} and {len(words) - _SHOWN} more" if len(words) > _SHOWN else shown
