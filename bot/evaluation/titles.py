"""Titles typed in full, and their first words: what people type in chat. Pure.

A paper is right only if it is the one whose title was taken. Where other titles begin with the same words,
their papers would serve a person as well, but count as wrong: the figures are the worst that can be said.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bot.evaluation.cases import Case, CaseSet, arxiv_name, first_words
from bot.evaluation.split import split_of

SAMPLE: Final = 500  # titles
_BEGINNINGS: Final = (2, 3, 4)  # words


class Titled(NamedTuple):
    """A paper's arXiv id and title."""

    arxiv_id: str
    title: str


class Beginnings:
    """How many of some titles begin with the same words, without regard to case."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, title: str) -> None:
        """Takes in one title."""
        lower = title.casefold()
        self._counts.update({first_words(lower, count) for count in _BEGINNINGS})

    def shared(self, beginning: str) -> bool:
        """Whether more than one title begins so."""
        return self._counts[beginning.casefold()] > 1


def sample(papers: Iterable[Titled], size: int = SAMPLE) -> list[Titled]:
    """So many of the papers, chosen by the SHA-256 of their ids: the same ones in any order."""

    def lot(paper: Titled) -> bytes:
        # Not the bare id's, by which `split_of` divides: the sample has as many papers of either half.
        return hashlib.sha256(f"title {paper.arxiv_id}".encode()).digest()

    return sorted(papers, key=lot)[:size]


def whole_titles(papers: Sequence[Titled], name: str = "title") -> CaseSet:
    """The titles as they are."""
    return CaseSet(name, tuple(_case(paper, paper.title) for paper in papers))


def title_beginnings(papers: Sequence[Titled], others: Beginnings) -> list[CaseSet]:
    """The first words of titles that have more; `others` are the titles of all papers searched."""
    sets = []
    for count in _BEGINNINGS:
        cases = tuple(
            _case(paper, first_words(paper.title, count))
            for paper in papers
            if len(paper.title.split()) > count
        )
        shared = sum(others.shared(case.text) for case in cases)
        sets.append(CaseSet(f"title-{count}-words", cases, shared=shared))
    return sets


def _case(paper: Titled, text: str) -> Case:
    return Case(text, frozenset({arxiv_name(paper.arxiv_id)}), split_of(paper.arxiv_id))


__all__ = ["SAMPLE", "Beginnings", "Titled", "sample", "title_beginnings", "whole_titles"]
