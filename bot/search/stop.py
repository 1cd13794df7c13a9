"""Words that tell no papers apart: a paper must hold them, but they make none relevant."""

from functools import lru_cache
from typing import Final

from bot.search.tokens import terms_of

STOP_TERMS: Final = frozenset(
    terms_of(
        "a about all also although among an and any are as at based be because been being between both but "
        "by can could did do does doing during each either for from further had has have having here how i "
        "if in into is it its itself more most much no nor not of off on only or other our ours out over "
        "own same she he should since so some such than that the their theirs them then there these they "
        "this those through to too under until up upon us use used using very via was we were what when "
        "where whether which while who whom whose why will with within without would you your"
    )[0]
)
"""Their terms, see `bot.search.tokens`."""


@lru_cache(maxsize=1 << 6)  # asked several times for each search
def content_words(text: str) -> int:
    """How many parts of the text are no stop words."""
    return sum(term not in STOP_TERMS for term in terms_of(text)[0])
