"""A question put to a search, and which papers are the right answer. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.evaluation.split import Split
from bot.identity import local_id
from bot.model import IdScheme, Paper, PaperId

DEPTH: Final = 100  # results looked at, unless a set asks for more


@dataclass(frozen=True, slots=True)
class Case:
    """What a person types, and the names (see `names_of`) of the papers that are right: one or more."""

    text: str
    right: frozenset[str]
    split: Split


@dataclass(frozen=True, slots=True)
class CaseSet:
    """Questions of one kind. `depth` is how many results of an answer are looked at."""

    name: str
    cases: tuple[Case, ...]
    depth: int = DEPTH
    left_out: int = 0  # questions whose paper is not among those searched
    shared: int = 0  # questions that fit other papers as well, which nevertheless count as wrong


def arxiv_name(arxiv_id: str) -> str:
    """The name of the paper with this arXiv id."""
    return str(PaperId(IdScheme.ARXIV, arxiv_id))


def title_name(title: str) -> str:
    """The name of a paper of which no more than its title is known."""
    return str(local_id(title))


def names_of(paper: Paper) -> frozenset[str]:
    """Every name under which a question may ask for the paper: its ids, and its normalised title."""
    return frozenset(map(str, paper.ids)) | {title_name(paper.title)}


def places(right: frozenset[str], results: Iterable[Paper]) -> tuple[int, ...]:
    """The places, from 1, at which the right papers stand; one that stands twice counts where it is first."""
    seen: set[str] = set()
    found: list[int] = []
    for place, paper in enumerate(results, start=1):
        here = (names_of(paper) & right) - seen
        if here:
            seen |= here
            found += [place] * len(here)
    return tuple(found)


def first_words(text: str, count: int) -> str:
    """The text's first words, as many as are asked for if it has them."""
    return " ".join(text.split()[:count])


def present(name: str, cases: Sequence[Case], known: frozenset[str]) -> CaseSet:
    """The set of those cases that can be answered from papers with these names; the others are counted."""
    kept = tuple(case for case in cases if case.right & known)
    return CaseSet(name, kept, left_out=len(cases) - len(kept))


__all__ = [
    "DEPTH",
    "Case",
    "CaseSet",
    "arxiv_name",
    "first_words",
    "names_of",
    "places",
    "present",
    "title_name",
]
