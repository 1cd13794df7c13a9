"""One generation of the index's words: a tantivy index in a folder, read and written. Blocking, for threads.

Reading and writing go together: a reader sees each commit whole, whichever process made it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import tantivy
from tantivy import Occur, Query

from bot.model import IndexRow
from bot.search.ports import Hit, Hits, Order
from bot.search.tokens import terms_of
from storage.index.schema import HEAD, build_schema, document_of, head_of
from storage.index.segments import Sizes, resized, sizes_of, spoilt
from storage.index.terms import START, Fields, Memory, fields_of

_BULK_HEAP: Final = 96_000_000  # bytes; more makes no difference to the speed
_SMALL_HEAP: Final = 15_000_000  # the least that the engine takes
_SORTED_BY: Final = {Order.NEW: "published", Order.TOP: "upvotes"}

_FREQUENCIES: Final = 1 << 12  # that are remembered: each leg of a search asks for those of all its terms

Frequency: TypeAlias = Callable[[str, str], int]
"""In how many papers a term (second) stands in a field (first); deleted ones count until merged away."""

_Stamp: TypeAlias = tuple[int, int]


class DamagedIndexError(Exception):
    """The folder holds no index that can be read; it has to be made anew."""


class View(NamedTuple):
    """The index as one commit left it."""

    searcher: tantivy.Searcher
    change: int  # how far it follows the store
    papers: int
    last: int  # the greatest number of a paper in it
    frequency: Frequency
    files: Sizes


@dataclass(frozen=True, slots=True)
class Filter:
    """What a question asks beside its query; see `bot.search.ports.Limits`."""

    limit: int
    upto: int | None = None
    among: Sequence[int] | None = None


@contextmanager
def _engine() -> Iterator[None]:
    """Raises `DamagedIndexError` for what the engine cannot do with its files.

    It has one error for all that goes wrong, and panics, which is no `Exception`, over a file that it never
    wrote.
    """
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        raise DamagedIndexError(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise DamagedIndexError(str(error)) from error


class Lexical:
    """The words of a store's papers. Any thread may read; one at a time may write."""

    def __init__(self, folder: Path) -> None:
        """Opens the index in `folder`. Raises `DamagedIndexError` if what is there cannot be read."""
        self.schema: Final = build_schema()
        self._folder: Final = folder
        self._meta: Final = folder / "meta.json"
        with _engine():
            self._meta.stat()  # the engine would begin an empty index where there is none
            self._index: Final = tantivy.Index(self.schema, path=str(folder))
            self._index.config_reader("manual")
        self._writer: tantivy.IndexWriter | None = None
        self._bulk = False
        self._memory = Memory()
        self._waiting: set[int] = set()  # papers put and not committed
        self._stamp: _Stamp | None = None
        self._view: View | None = None
        self.view()

    @classmethod
    def new(cls, folder: Path) -> "Lexical":
        """Begins an empty index in a folder that does not exist yet."""
        with _engine():
            folder.mkdir(parents=True)
            tantivy.Index(build_schema(), path=str(folder))
        return cls(folder)

    # --- reading ---------------------------------------------------------------------------------

    def view(self) -> View:
        """The index as the last commit left it; the same view until there is another."""
        with _engine():
            found = self._meta.stat()
            stamp = (found.st_mtime_ns, found.st_ino)  # each commit puts a new file there
            if self._view is None or stamp != self._stamp:
                files = sizes_of(self._folder)
                self._index.reload()
                self._view = self._seen(self._index.searcher(), files)
                self._stamp = stamp
            return self._view

    def look(self) -> None:
        """Raises `DamagedIndexError` where files of the last commit are gone or cut off."""
        view = self.view()
        if resized(view.files) and self.view() is view:  # else a commit has just put others in their place
            raise DamagedIndexError("files of it are gone or cut off")

    def spoilt(self) -> Sequence[str]:
        """The names of files whose contents are not what was written: reads them all."""
        with _engine():
            return spoilt(self._folder)

    def _seen(self, searcher: tantivy.Searcher, files: Sizes) -> View:
        papers = searcher.num_docs
        frequency = lru_cache(maxsize=_FREQUENCIES)(partial(_frequency, searcher))
        found = searcher.search(Query.term_query(self.schema, "paper", HEAD), 1).hits
        if not found:
            return View(searcher, 0, papers, 0, frequency, files)
        (change,) = searcher.fast_field_values("change", [found[0][1]])
        newest = searcher.search(Query.all_query(), 1, count=False, order_by_field="paper").hits
        (last,) = searcher.fast_field_values("paper", [newest[0][1]])
        return View(searcher, int(change or 0), papers - 1, int(last or 0), frequency, files)

    def find(
        self, query: Query, bounds: Filter, *, order: Order = Order.RELEVANCE, count: bool = True
    ) -> Hits:
        """The best papers that satisfy the query. Without `count` the total is that of the hits."""
        view = self.view()
        bounded = self._bounded(query, bounds, view)
        with _engine():
            found = view.searcher.search(
                bounded, max(1, bounds.limit), count=count, order_by_field=_SORTED_BY.get(order)
            )
            papers = view.searcher.fast_field_values("paper", [address for _, address in found.hits])
        hits = [
            Hit(int(paper or 0), score or 0.0) for paper, (score, _) in zip(papers, found.hits, strict=True)
        ]
        if order is Order.RELEVANCE:
            hits.sort(key=lambda hit: (-hit.score, hit.paper_id))
        return Hits(tuple(hits[: bounds.limit]), len(hits) if not count else _count(found))

    def count(self, query: Query, bounds: Filter) -> int:
        """How many papers satisfy the query."""
        view = self.view()
        bounded = self._bounded(query, bounds, view)
        with _engine():
            return _count(view.searcher.search(bounded, 1))

    def numbers(self, query: Query, bounds: Filter) -> list[int]:
        """The numbers of up to `bounds.limit` papers that satisfy the query, the greatest first."""
        view = self.view()
        bounded = self._bounded(query, bounds, view)
        with _engine():
            found = view.searcher.search(bounded, max(1, bounds.limit), count=False, order_by_field="paper")
        return [int(number) for number, _ in found.hits]

    def changes_of(self, papers: Sequence[int]) -> dict[int, int]:
        """Of these papers, those that the index holds, each with the change that it holds."""
        view = self.view()
        if not papers:
            return {}
        with _engine():
            query = Query.const_score_query(Query.term_set_query(self.schema, "paper", papers), 0.0)
            found = [address for _, address in view.searcher.search(query, len(papers) + 1, count=False).hits]
            numbers = view.searcher.fast_field_values("paper", found)
            changes = view.searcher.fast_field_values("change", found)
        return {int(paper or 0): int(change or 0) for paper, change in zip(numbers, changes, strict=True)}

    def holds(self, row: IndexRow) -> bool:
        """Whether the paper stands in the index as it is, as far as its change and its title tell."""
        self.look()
        if self.changes_of([row.paper_id]) != {row.paper_id: row.change}:
            return False
        title = terms_of(row.title)[0]
        if not title:
            return True
        begins = Query.phrase_query(self.schema, "title", [START, *title])
        return self.count(begins, Filter(1, among=[row.paper_id])) == 1

    def terms(self, field: str, beginning: str) -> list[tuple[str, int]]:
        """The terms of a field that begin so, each with the number of papers that hold it."""
        view = self.view()
        with _engine():
            return view.searcher.terms_with_prefix(field, beginning)

    def _bounded(self, query: Query, bounds: Filter, view: View) -> Query:
        clauses = [(Occur.Must, query)]
        if bounds.among is not None:
            chosen = Query.term_set_query(self.schema, "paper", bounds.among)
            clauses.append((Occur.Must, Query.const_score_query(chosen, 0.0)))
        if bounds.upto is not None and bounds.upto < view.last:
            early = Query.range_query(self.schema, "paper", tantivy.FieldType.Integer, 0, bounds.upto)
            clauses.append((Occur.Must, Query.const_score_query(early, 0.0)))
        return query if len(clauses) == 1 else Query.boolean_query(clauses)

    # --- writing ---------------------------------------------------------------------------------

    def put(self, rows: Iterable[IndexRow], gone: Iterable[int], *, bulk: bool = False) -> None:
        """Takes papers in, each in place of what was held of it, and drops others; seen after `commit`.

        `bulk` says that many are to come: they go in faster, and cost memory until `rest`.
        """
        self.put_made((fields_of(row, self._memory) for row in rows), gone, bulk=bulk)

    def put_made(self, papers: Iterable[Fields], gone: Iterable[int], *, bulk: bool = False) -> None:
        """As `put`, of papers whose terms are made already."""
        with _engine():
            writer = self._open_writer(bulk=bulk)
            for number in gone:
                writer.delete_documents_by_term("paper", number)
            last = self.view().last
            for fields in papers:
                number = int(fields["paper"])
                # Most of many papers are new, and looking for what to delete takes its time.
                if number <= last or number in self._waiting:
                    writer.delete_documents_by_term("paper", number)
                self._waiting.add(number)
                writer.add_document(document_of(fields))

    def commit(self, change: int) -> None:
        """Makes all that was put durable and seen, together with how far the index follows the store."""
        with _engine():
            writer = self._open_writer(bulk=self._bulk)
            writer.delete_documents_by_term("paper", HEAD)
            writer.add_document(head_of(change))
            writer.commit()
            self._waiting.clear()
        self.view()

    def rest(self) -> None:
        """Ends the writing of many papers: waits until the engine has put its segments together."""
        writer, self._writer = self._writer, None
        self._memory.forget()
        if writer is not None:
            with _engine():
                writer.wait_merging_threads()

    def drop(self) -> None:
        """Forgets what was put and not committed."""
        self._waiting.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            with _engine():
                writer.rollback()

    def _open_writer(self, *, bulk: bool) -> tantivy.IndexWriter:
        if bulk and not self._bulk:
            self.rest()
        if self._writer is None:
            self._writer = self._index.writer(_BULK_HEAP if bulk else _SMALL_HEAP, 1)
            self._bulk = bulk
        return self._writer


def _frequency(searcher: tantivy.Searcher, field: str, term: str) -> int:
    with _engine():
        return searcher.doc_freq(field, term)


def _count(found: tantivy.SearchResult) -> int:
    count: int = found.count  # type: ignore[attr-defined]  # the library's stubs leave it out
    return count


__all__ = ["DamagedIndexError", "Filter", "Frequency", "Lexical", "View"]
