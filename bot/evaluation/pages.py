"""What another search once showed for the same words: a saved page of Hugging Face Papers. Pure."""

from collections.abc import Iterable
from typing import Final

from bot.evaluation.cases import Case, CaseSet, title_name
from bot.evaluation.split import Split

QUERY: Final = "dual encoder network"  # by its papers, this is what the saved page was asked for
CUTS: Final = (50, 100, 250)  # results among which the page's papers are counted


def page_set(titles: Iterable[str]) -> CaseSet:
    """The one question to which all papers of the page are right."""
    right = frozenset(map(title_name, titles))
    return CaseSet("page", (Case(QUERY, right, Split.ALL),), depth=max(CUTS))


__all__ = ["CUTS", "QUERY", "page_set"]
