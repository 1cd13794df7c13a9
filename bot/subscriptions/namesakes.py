"""Who may be meant by a name: those who bear it, told apart by their papers. Pure.

- papers under given names that contradict each other are never one person's
- of a name that few bear, all papers are one person's
- of one that many bear, those are that share a co-author or their primary category
- a paper that has initials alone goes to whoever shares a co-author with it, if that is one person

What comes of it is a search of visible words: the name, and where others bear it too, the categories and the
co-authors of whoever is meant. It is a proposal, to be read and changed; `matches` knows the name's variants.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.model import Paper
from bot.search.names import agrees, index_names, name_words, readings
from bot.search.query import format_query, parse
from bot.subscriptions.likeness import by_author

COMMON: Final = 12  # given names that share a family name, from which on many may share both
_CROWD: Final = 40  # authors from which on a paper says little of who knows whom
_CATEGORIES: Final = 3  # words of a search that tell somebody from their namesakes
_COAUTHORS: Final = 4


@dataclass(frozen=True, slots=True)
class Namesake:
    """One person who bears the name, as far as their papers tell."""

    name: str  # as it stands on most of their papers
    papers: tuple[Paper, ...]  # the newest first
    coauthors: tuple[str, ...]  # whom they publish with most, first
    categories: tuple[str, ...]  # what they publish in most, first
    query: str  # what follows them


@dataclass(frozen=True, slots=True)
class _Byline:
    """The name as it stands on one paper."""

    paper: Paper
    name: str
    first: str  # the first given name, or its initial, folded; empty: none
    signs: frozenset[str]  # of who it is: co-authors and the primary category

    @property
    def initial(self) -> bool:
        return len(self.first) < 2


def namesakes(name: str, papers: Iterable[Paper], *, common: bool) -> list[Namesake]:
    """Those who bear the name on these papers, whoever has most of them first. `common`: many bear it."""
    bylines = list(_bylines(name, papers))
    groups = _Groups(len(bylines))
    _unite_full(bylines, groups, common=common)
    _unite_initials(bylines, groups, common=common)
    people = [[bylines[at] for at in members] for members in groups.all()]
    people.sort(key=lambda some: (-len(some), -_newest(some)))
    return [_namesake(some, [other for other in people if other is not some]) for some in people]


def is_common(name: str, papers: Iterable[Paper]) -> bool:
    """Whether many share the family name, on the newest papers by anybody who bears it."""
    firsts = {one.first for one in _bylines(name, papers) if not one.initial}
    return len(firsts) >= COMMON


def family_name(name: str) -> str:
    """The family name in a name, folded: everybody who bears it is found by it."""
    return name_words(name)[-1]


# --- who is who ----------------------------------------------------------------------------------


class _Groups:
    """Numbers that come to belong together."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def root(self, at: int) -> int:
        while self._parents[at] != at:
            self._parents[at] = at = self._parents[self._parents[at]]
        return at

    def unite(self, one: int, other: int) -> None:
        self._parents[self.root(one)] = self.root(other)

    def all(self) -> list[list[int]]:
        found: dict[int, list[int]] = {}
        for at in range(len(self._parents)):
            found.setdefault(self.root(at), []).append(at)
        return list(found.values())


def _bylines(name: str, papers: Iterable[Paper]) -> Iterator[_Byline]:
    wanted = readings(name)
    for paper in papers:
        others = paper.authors if len(paper.authors) < _CROWD else ()
        signs = {"".join(name_words(one)) for one in others}
        if paper.categories:
            signs.add(f"cat:{paper.categories[0]}")
        for one in paper.authors:
            if agrees(wanted, index_names([one])):
                yield _Byline(paper, one, _first(one, wanted), frozenset(signs - {"".join(name_words(one))}))


def _first(name: str, wanted: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """The first given name in a name that agrees with what is wanted."""
    for family, theirs in index_names([name]).items():
        for given in theirs:
            if given and agrees(wanted, {family: [given]}):
                return given[0]
    return ""


def _unite_full(bylines: Sequence[_Byline], groups: _Groups, *, common: bool) -> None:
    seen: dict[tuple[str, str], int] = {}
    for at, one in enumerate(bylines):
        if not one.initial:
            for sign in one.signs if common else {""}:
                groups.unite(at, seen.setdefault((one.first, sign), at))


def _unite_initials(bylines: Sequence[_Byline], groups: _Groups, *, common: bool) -> None:
    """Gives papers with initials alone to whoever they can be of, and unites the rest as full names are."""
    bearers: dict[str, set[int]] = {}  # of full names, by their signs
    for at, one in enumerate(bylines):
        if not one.initial:
            for sign in one.signs:
                bearers.setdefault(sign, set()).add(at)
    everybody = [at for at, one in enumerate(bylines) if not one.initial]
    seen: dict[tuple[str, str], int] = {}
    for at, one in enumerate(bylines):
        if one.initial:
            coauthors = (sign for sign in one.signs if not sign.startswith("cat:"))
            known = {other for sign in coauthors for other in bearers.get(sign, ())}
            may = {
                groups.root(other)
                for other in (known or (() if common else everybody))
                if bylines[other].first.startswith(one.first)
            }
            if len(may) == 1:
                groups.unite(at, may.pop())
            else:
                for sign in one.signs if common else {""}:
                    groups.unite(at, seen.setdefault((one.first, sign), at))


# --- and what follows them -----------------------------------------------------------------------


def _namesake(some: Sequence[_Byline], others: Sequence[Sequence[_Byline]]) -> Namesake:
    names = Counter(one.name for one in some if not one.initial) or Counter(one.name for one in some)
    name = max(names, key=lambda one: (names[one], len(one)))
    papers = sorted((one.paper for one in some), key=lambda one: (_at(one), one.id), reverse=True)
    mine = {one.name for one in some}
    coauthors = Counter(
        author
        for paper in papers
        if len(paper.authors) < _CROWD
        for author in paper.authors
        if author not in mine and name_words(author)
    )
    categories = Counter(paper.categories[0] for paper in papers if paper.categories)
    wanted = readings(name)
    shared = any(agrees(wanted, index_names([one.name])) for other in others for one in other)
    return Namesake(
        name,
        tuple(papers),
        _most(coauthors, _COAUTHORS),
        _most(categories, _CATEGORIES),
        _query(name, _most(categories, _CATEGORIES), _most(coauthors, _COAUTHORS))
        if shared
        else by_author(name),
    )


def _query(name: str, categories: Sequence[str], coauthors: Sequence[str]) -> str:
    around = [f"cat:{one}" for one in categories] + [by_author(one) for one in coauthors]
    return format_query(parse(f"{by_author(name)} ({' OR '.join(around)})")) if around else by_author(name)


def _most(counted: Counter[str], most: int) -> tuple[str, ...]:
    return tuple(one for one, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:most])


def _newest(some: Iterable[_Byline]) -> float:
    return max(_at(one.paper) for one in some)


def _at(paper: Paper) -> float:
    return (paper.published_at or paper.first_seen_at).timestamp()


__all__ = ["COMMON", "Namesake", "family_name", "is_common", "namesakes"]
