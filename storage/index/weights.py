"""How much a word's standing in a place counts."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Weights:
    """By what each place multiplies a term's BM25 score: the best place counts, and `others` of the rest."""

    title: float = 1.5
    text: float = 1.0
    keyword: float = 0.5
    solid: float = 1.0
    others: float = 0.2
    most_terms: int = 64  # of a longer query only the rarest terms give a score


WEIGHTS: Final = Weights()
