"""The evaluation itself: papers into a store and an index of their own, questions to the one search."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

from bot.errors import QueryError
from bot.evaluation.cases import Case, CaseSet, places
from bot.evaluation.corpora import Corpus, DataFolder, bring, papers_in, questions_in
from bot.evaluation.known_item import known_items
from bot.evaluation.measures import Found
from bot.evaluation.pages import page_set
from bot.evaluation.split import held_out
from bot.evaluation.table import Measured
from bot.evaluation.titles import Titled, sample, title_beginnings, whole_titles
from bot.importing.formats import Format
from bot.model import IdScheme, PaperReading
from bot.ports import Clock, Store
from bot.search.answer import Mode
from bot.search.ports import IndexState, SearchIndex
from bot.search.service import Search


class Group(StrEnum):
    """Sets that are asked together; the value is what a person types."""

    KNOWN_ITEM = "known-item"
    TITLES = "titles"
    PAGE = "page"
    HELD_OUT = "held-out"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    groups: frozenset[Group] = frozenset(Group)
    modes: tuple[Mode, ...] = (Mode.LEXICAL, Mode.SEMANTIC, Mode.FUSED)
    distractors: bool = True
    held_out_questions: int = 500  # titles asked for among all papers kept out of training


class Listener(Protocol):
    """Hears how far the evaluation is; `total` is `None` where nobody knows."""

    def __call__(self, what: str, done: int, total: int | None) -> None: ...


Opened = Callable[[], AbstractAsyncContextManager[tuple[Store, SearchIndex]]]
"""Opens a new, empty store with its index, and removes both in the end."""

PAPERS: Final = "papers"
WITH_DISTRACTORS: Final = "with distractors"
HELD_OUT: Final = "held out"

_FEW: Final = 10  # results that are asked for first


async def evaluate(
    folder: DataFolder, plan: Plan, opened: Opened, clock: Clock, listen: Listener
) -> AsyncIterator[Measured]:
    """Measures every set of the plan, in order. Raises `InputError` for missing data, and `StorageError`."""
    if plan.groups - {Group.HELD_OUT}:
        async with opened() as (store, index):
            async for measured in _corpora(folder, plan, _Place(store, index, clock, listen)):
                yield measured
    if Group.HELD_OUT in plan.groups:
        async with opened() as (store, index):
            yield await _held_out(folder, plan, _Place(store, index, clock, listen))


class _Place:
    """A store with its index, and the search over both. No upstream is ever asked."""

    def __init__(self, store: Store, index: SearchIndex, clock: Clock, listen: Listener) -> None:
        self.listen = listen
        self._store = store
        self._index = index
        self._clock = clock
        self._search = Search(store.papers, index, clock)

    async def bring(self, source: str, readings: Iterator[PaperReading]) -> Sequence[PaperReading]:
        """Stores papers, and lets the index take them in."""

        def stored(count: int) -> None:
            self.listen(f"Reading {source}", count, None)

        def built(state: IndexState) -> None:
            self.listen("Building the search index", state.change, state.newest)

        brought = await bring(self._store.papers, source, readings, self._clock.now(), stored)
        await self._index.catch_up(built)
        return brought

    async def measure(self, corpus: str, asked: CaseSet, modes: Sequence[Mode]) -> Measured:
        """Puts every question to the search in every mode."""
        state = await self._index.state()
        if state.encoder is None:  # nothing is known of meaning: only words can be asked for
            modes = [mode for mode in modes if mode is Mode.LEXICAL]
        answers: dict[Mode, tuple[Found, ...]] = {}
        refused = 0
        for mode in modes:
            found: list[Found] = []
            refused = 0
            for done, case in enumerate(asked.cases):
                self.listen(f"{corpus}: {asked.name}, {mode}", done, len(asked.cases))
                one = await self._found(case, mode, asked.depth)
                refused += one is None
                found.append(one or Found((), len(case.right)))
            answers[mode] = tuple(found)
        return Measured(corpus, state.papers, asked, answers, refused)

    async def _found(self, case: Case, mode: Mode, depth: int) -> Found | None:
        """Where the right papers stand; `None` if the query language refuses the question.

        Most are among the first few results: only where some are missing is the answer asked for whole.
        """
        found: tuple[int, ...] = ()
        for limit in (_FEW, depth):
            try:
                answer = await self._search.search(case.text, limit=limit, mode=mode)
            except QueryError:
                return None
            found = places(case.right, (result.paper for result in answer.results))
            if len(found) == len(case.right):
                break
        return Found(found, len(case.right))


async def _corpora(folder: DataFolder, plan: Plan, place: _Place) -> AsyncIterator[Measured]:
    """The sets over the papers that the questions were made for, and again among more papers."""
    corpus = Corpus()
    page = folder.page if Group.PAGE in plan.groups else None
    more = folder.distractors if plan.distractors else None
    questions = questions_in(folder.queries) if Group.KNOWN_ITEM in plan.groups else []
    corpus.add(await place.bring(PAPERS, papers_in(folder.papers)))
    titles = sample(corpus.titled)

    def sets() -> Iterator[CaseSet]:
        if questions:
            yield from known_items(questions, corpus.names)
        if Group.TITLES in plan.groups:
            yield whole_titles(titles)
            yield from title_beginnings(titles, corpus.beginnings)

    for asked in sets():
        yield await place.measure(PAPERS, asked, plan.modes)
    if more is not None:
        corpus.add(await place.bring("distractors", papers_in(more)))
        for asked in sets():
            yield await place.measure(WITH_DISTRACTORS, asked, plan.modes)
    if page is not None:
        shown = await place.bring("page", papers_in(page, Format.HUGGING_FACE_PAGE))
        asked = page_set(reading.title for reading in shown)
        yield await place.measure(WITH_DISTRACTORS if more else PAPERS, asked, plan.modes)


async def _held_out(folder: DataFolder, plan: Plan, place: _Place) -> Measured:
    """Titles as questions for abstracts, over papers that no model has learnt from.

    The papers are brought without their titles, which would answer the questions by themselves.
    """
    titled: list[Titled] = []

    def untitled() -> Iterator[PaperReading]:
        for reading in papers_in(folder.distractors):
            ids = [one.value for one in reading.ids if one.scheme is IdScheme.ARXIV]
            if ids and held_out(ids[0]):
                titled.append(Titled(ids[0], reading.title))
                yield replace(reading, title="")

    await place.bring(HELD_OUT, untitled())
    asked = whole_titles(sample(titled, plan.held_out_questions), "title-to-abstract")
    return await place.measure(HELD_OUT, asked, plan.modes)


__all__ = ["Group", "Listener", "Opened", "Plan", "evaluate"]
