"""`bot.search.ports.SearchIndex` over a folder."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import structlog

from bot.errors import ConflictError
from bot.ids import paper_id_of
from bot.ports import PaperStore
from bot.search.parts import ids_named
from bot.search.ports import Encoder, Hits, IndexState, Limits, Order, Progress, Spelling
from bot.search.query import EVERYTHING, Query
from storage.index.checking import problems
from storage.index.completing import Bearer, asked_names_of, bearers, names_of, titled_so_far
from storage.index.cosines import Floats
from storage.index.following import Pace, follow_vectors, follow_words, same_store
from storage.index.generation import Generation
from storage.index.generations import Generations
from storage.index.lexical import DamagedIndexError, Filter, Lexical
from storage.index.nearest import by_vector, moved, nearest, similar, vectors_of
from storage.index.spelling import Correction, corrections, namesakes, spelling_of
from storage.index.translate import Translator
from storage.index.weights import WEIGHTS, Weights

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_FOREIGN: Final = "it belongs to another database"
_READERS: Final = 2  # questions that are answered side by side


class FolderIndex:
    """The index of one store in one folder; made by `open_index`. Belongs to one event loop.

    Any number of processes may open the folder: the first of them writes it, the others read what it commits.
    An index that is missing, damaged, of another version or of another store is made anew by `catch_up`.
    """

    def __init__(
        self,
        folder: Path,
        papers: PaperStore,
        encoder: Encoder | None,
        *,
        weights: Weights,
        pace: Pace,
    ) -> None:
        self._papers = papers
        self._encoder = encoder
        self._weights = weights
        self._pace = pace
        self._generations = Generations(folder)
        self._opening = threading.Lock()  # around the next two
        self._opened: Generation | None = None
        self._damaged: Path | None = None
        self._checked: Path | None = None  # the generation known to be of this store
        self._size: tuple[object, int] = (None, 0)
        self._turn = asyncio.Lock()  # one at a time follows the store
        self._reader = ThreadPoolExecutor(_READERS, thread_name_prefix="paperboy-index")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="paperboy-index-writer")

    async def aclose(self) -> None:
        """Finishes what was begun, and lets another process write."""
        await asyncio.to_thread(self._finish)

    def _finish(self) -> None:
        self._writer.shutdown()
        self._reader.shutdown()
        if self._opened is not None:
            self._opened.close()
        self._generations.close()

    # --- questions -------------------------------------------------------------------------------

    async def matching(self, query: Query, limits: Limits, order: Order = Order.RELEVANCE) -> Hits:
        """Papers that hold every word and condition of the query, as far as an index can tell.

        A score is that of `related`.
        """
        return await self._asked(
            query,
            limits,
            lambda words, ask: words.find(ask.matching(query), _filter(limits), order=order),
        )

    async def related(self, query: Query, limits: Limits) -> Hits:
        """Papers that satisfy the query's conditions and hold any of its words, by BM25; the total is that
        of the hits.
        """
        return await self._asked(
            query,
            limits,
            lambda words, ask: words.find(ask.related(query), _filter(limits), count=False),
        )

    async def titled(self, text: str, conditions: Query, limits: Limits) -> Hits:
        """Papers whose title has the words of the text side by side; first those that begin with them."""
        return await self._asked(
            conditions,
            limits,
            lambda words, ask: words.find(ask.titled(text, conditions), _filter(limits), count=False),
        )

    async def near(
        self, text: str, conditions: Query, limits: Limits, like: Mapping[int, float] | None = None
    ) -> Hits:
        """Papers that satisfy the conditions, by the cosine of their vectors with the text's and `like`'s."""
        named = await self._named(conditions)

        def ask(generation: Generation) -> Hits:
            if generation.vectors is None or self._encoder is None:
                return Hits()
            vector = moved(self._encoder.queries([text])[0], generation.vectors, like or {})
            if conditions == EVERYTHING:
                return by_vector(generation.vectors, vector, _filter(limits))
            satisfying = self._translator(generation, limits, named).satisfying(conditions)
            return nearest(generation.words, generation.vectors, vector, satisfying, _filter(limits))

        return await self._read(ask, Hits())

    async def similar(self, paper_ids: Sequence[int], limits: Limits) -> Hits:
        """Papers by the cosine of their vectors with the mean of these papers'."""
        own = frozenset(paper_ids)
        return await self._read(lambda one: similar(one.vectors, own, _filter(limits)), Hits())

    async def vectors(self, paper_ids: Sequence[int]) -> Floats:
        """The vectors of these papers (n, dimensions), of length 1, or 0 where a paper has none (yet)."""
        nothing = np.zeros((len(paper_ids), 1), np.float32)
        return await self._read(lambda one: vectors_of(one.vectors, paper_ids), nothing)

    async def spellings(self, word: str, limit: int) -> Sequence[Spelling]:
        """Words of the papers that differ from `word` by a typing error or two, the nearest first."""
        nothing: list[Correction] = []
        # Stems that are near may be those of words that are not.
        found = await self._read(lambda generation: corrections(generation.words, word, 2 * limit), nothing)
        papers = await self._papers.get({number for one in found for number in one.examples})
        spelt = [one for one in (spelling_of(one, word, papers) for one in found) if one is not None]
        return sorted(spelt, key=lambda one: (one.errors, -one.papers, one.word))[:limit]

    async def titles(self, beginning: str, limit: int) -> Sequence[int]:
        """Numbers of papers whose title holds the words of the text, of which the last may be unfinished."""
        return await self._read(lambda one: titled_so_far(one.looked_at().words, beginning, limit), [])

    async def people(self, beginning: str, limit: int) -> Sequence[str]:
        """Authors whose family name begins as the text ends, those of most papers first."""
        nothing: list[Bearer] = []
        found = await self._read(lambda one: bearers(one.looked_at().words, beginning, 2 * limit), nothing)
        return names_of(found, await self._papers.get({one.example for one in found}))[:limit]

    async def namesakes(self, name: str, limit: int) -> Sequence[str]:
        """Authors whose names differ from `name` by a typing error or two, the nearest first."""
        nothing: list[Bearer] = []
        found = await self._read(lambda generation: namesakes(generation.words, name, limit), nothing)
        return asked_names_of(found, await self._papers.get({one.example for one in found}))[:limit]

    async def state(self) -> IndexState:
        """How far the index follows its store. Looks at its files: each search asks this first."""
        newest = await self._papers.newest_change()
        nothing = IndexState(0, 0, 0, newest, 0, None, following=self._generations.writing)
        return await self._read(lambda one: self._state(one.looked_at(), newest=newest), nothing)

    async def lost(self) -> bool:
        """Whether the index is gone or damaged, as far as that can be told in a moment."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._lost)

    async def check(self) -> Sequence[str]:
        """What is wrong with the index, compared with its store, a sentence each."""
        nothing: list[Generation] = []
        found = await self._read(lambda one: [one.looked_at()], nothing)
        if not found:
            return ["The search index cannot be read: it is made anew as soon as Paperboy runs."]
        async with self._turn:
            return await problems(self._papers, found[0].words, found[0].vectors, self._reader)

    # --- following the store ---------------------------------------------------------------------

    async def catch_up(self, progress: Progress | None = None) -> IndexState:
        """Takes in all that the store has changed; returns at once if another process does so."""
        async with self._turn:
            if await self._written(self._generations.may_write):
                try:
                    generation = await self._sound()
                    await self._follow(generation, progress)
                    if await self._exceeds_store(generation):
                        await self._follow(await self._begun(_FOREIGN), progress)
                except DamagedIndexError as error:
                    if await self._written(self._generations.may_write):  # the lock lay in the folder too
                        await self._follow(await self._begun(f"it is damaged ({error})"), progress)
        return await self.state()

    async def rebuild(self, progress: Progress | None = None) -> IndexState:
        """Makes the index anew, while answers go on coming from the old one.

        Raises `ConflictError` if another process writes this folder.
        """
        async with self._turn:
            if not await self._written(self._generations.may_write):
                raise ConflictError(
                    f"Another process writes the search index in {self._generations.folder}. Stop it first."
                )
            path = await self._written(self._fresh)
            generation = await self._written(partial(Generation.open, path, self._encoder))
            try:
                await self._follow(generation, progress)
            finally:
                await self._written(generation.close)
            await self._written(partial(self._generations.use, path))
        return await self.state()

    async def _sound(self) -> Generation:
        """The generation in use, if it can be read and is this store's; otherwise a new one in its place."""
        path, reason = await self._written(self._generations.current)
        if path is None:
            return await self._begun(f"it {reason}")
        if path == self._damaged:
            return await self._begun("it is damaged")
        generation = await self._written(self._now)
        if generation is None:  # replaced just now, by a process that has stopped writing since
            return await self._begun("it was replaced")
        await self._written(generation.looked_at)
        if path != self._checked:
            if not await same_store(self._papers, generation.words, self._reader):
                return await self._begun(_FOREIGN)
            await self._written(partial(self._generations.tidy, path))
        return generation

    async def _exceeds_store(self, generation: Generation) -> bool:
        """Whether an index that was just opened, and has come to where its store stands, has more papers."""
        if generation.path == self._checked:
            return False
        self._checked = generation.path
        stored = (await self._papers.coverage()).papers
        view = generation.words.view()
        return view.papers != stored and view.change == await self._papers.newest_change()

    async def _begun(self, reason: str) -> Generation:
        """A new generation, in use from now on."""
        _log.info("The search index is made anew.", reason=reason)
        path = await self._written(self._fresh)
        await self._written(partial(self._generations.use, path))
        self._damaged = None
        self._checked = path
        generation = await self._written(self._now)
        if generation is None:
            raise self._generations.unusable(OSError("what was written there is gone"))
        return generation

    async def _follow(self, generation: Generation, progress: Progress | None) -> None:
        step = partial(self._told, generation, progress)
        try:
            await follow_words(self._papers, generation.words, self._writer, step, self._pace)
            if generation.vectors is not None and self._encoder is not None:
                await follow_vectors(
                    self._papers, generation.vectors, self._encoder, self._writer, step, self._pace
                )
        except DamagedIndexError as error:
            trouble = await self._written(self._generations.trouble)
            if trouble is not None:  # not the files' fault
                raise trouble from error
            raise

    async def _told(self, generation: Generation, progress: Progress | None, newest: int) -> None:
        if progress is not None:
            progress(await self._written(lambda: self._state(generation, newest=newest)))

    # --- generations -----------------------------------------------------------------------------

    def _fresh(self) -> Path:
        """A new, empty generation, not in use yet."""
        path = self._generations.fresh()
        try:
            Lexical.new(path / "words")
        except DamagedIndexError as error:
            raise self._generations.trouble() or error from error
        return path

    def _now(self) -> Generation | None:
        """The generation in use, opened if it is not yet. Raises `DamagedIndexError`."""
        with self._opening:  # one object for all threads: what one of them writes the others see
            path, _ = self._generations.current()
            # Where none is in use, what was still answers.
            if path is not None and (self._opened is None or self._opened.path != path):
                try:
                    self._opened = Generation.open(path, self._encoder)
                except DamagedIndexError:
                    self._damaged = path
                    raise
            return self._opened

    def _found_damaged(self, generation: Generation) -> None:
        with self._opening:
            self._damaged = generation.path
            if self._opened is generation:
                self._opened = None

    # --- threads ---------------------------------------------------------------------------------

    async def _written(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def _read(self, work: Callable[[Generation], T], otherwise: T) -> T:
        """Asks the generation in use; `otherwise` if there is none, or it cannot be read."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._tried, work, otherwise)

    def _tried(self, work: Callable[[Generation], T], otherwise: T) -> T:
        for _ in range(2):
            opened = None
            try:
                opened = self._now()
                if opened is None:
                    return otherwise
                if opened.vectors is not None and not self._generations.writing:
                    opened.vectors.refresh()
                return work(opened)
            except DamagedIndexError:
                # Another process may have just put a new generation in use, and removed this one.
                if opened is not None:
                    self._found_damaged(opened)
        return otherwise

    def _lost(self) -> bool:
        opened = self._tried(Generation.looked_at, None)
        path, _ = self._generations.current()
        return opened is None or path is None or path == self._damaged

    async def _asked(self, query: Query, limits: Limits, ask: Callable[[Lexical, Translator], Hits]) -> Hits:
        named = await self._named(query)
        return await self._read(
            lambda generation: ask(generation.words, self._translator(generation, limits, named)), Hits()
        )

    async def _named(self, query: Query) -> dict[str, int | None]:
        """The papers that the query names by id, with the store's number for each."""
        named: dict[str, int | None] = {}
        for value in ids_named(query):
            paper_id = paper_id_of(value)
            paper = None if paper_id is None else await self._papers.find(paper_id)
            named[value] = None if paper is None else paper.id
        return named

    def _translator(self, generation: Generation, limits: Limits, named: dict[str, int | None]) -> Translator:
        words = generation.words
        return Translator(words.schema, self._weights, words.view().frequency, limits.now, named)

    def _state(self, generation: Generation, *, newest: int) -> IndexState:
        view = generation.words.view()
        vectors = generation.vectors
        seen = (view, None if vectors is None else vectors.change)
        if self._size[0] != seen:
            self._size = (seen, self._generations.bytes())
        return IndexState(
            papers=view.papers,
            vectors=0 if vectors is None else len(vectors),
            change=view.change,
            newest=newest,
            bytes=self._size[1],
            encoder=None if self._encoder is None else self._encoder.name,
            following=self._generations.writing,
        )


@asynccontextmanager
async def open_index(
    folder: Path,
    papers: PaperStore,
    encoder: Encoder | None,
    *,
    weights: Weights = WEIGHTS,
    commit_every: int = 100_000,
    cores: int = 1,
) -> AsyncIterator[FolderIndex]:
    """Opens the index of `papers` in `folder`; without an encoder it has no vectors.

    Reads what is there, whatever it is; `catch_up` puts right what is not. Of many papers, `commit_every`
    go in before they can be found, and may have to go in again after a kill. With more `cores` than one, many
    papers are taken in with the help of a second process. Raises `IndexFolderError` where the folder cannot
    be used.
    """
    index = FolderIndex(folder, papers, encoder, weights=weights, pace=Pace(commit_every, cores))
    try:
        yield index
    finally:
        await index.aclose()


def _filter(limits: Limits) -> Filter:
    return Filter(limits.limit, limits.upto, None if limits.among is None else sorted(limits.among))


__all__ = ["FolderIndex", "open_index"]
