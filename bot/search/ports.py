"""What searching asks of the outside: an index, an encoder, an upstream that can be searched.

The index is derived data: it follows the store, may be deleted at any time, and is never asked what is true.
It proposes papers; `bot.search.match` decides which of them belong.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from bot.model import PaperReading, Upstream
from bot.search.query import Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]


class Encoder(Protocol):
    """Turns text into vectors whose inner product says how near in meaning two texts are.

    Rows have length 1, or 0 where nothing in the text is known. Pure and safe to call from any thread;
    never touches the network once made.
    """

    @property
    def name(self) -> str:
        """Model and version: vectors under two names are never compared."""

    @property
    def dimensions(self) -> int: ...

    def documents(self, texts: Sequence[tuple[str, str]]) -> "Vectors":
        """Titles with their abstracts → (n, dimensions)."""

    def queries(self, texts: Sequence[str]) -> "Vectors":
        """What people typed → (n, dimensions)."""

    def rest(self) -> None:
        """No more documents come for now: lets go of what they alone needed."""


class Order(StrEnum):
    """By what the index sorts what it finds, the best first."""

    RELEVANCE = "relevance"
    NEW = "new"  # by `IndexRow.published_at`; papers without a date last
    TOP = "top"  # by upvotes; papers without come last


class Hit(NamedTuple):
    """A paper that the index proposes; scores of one answer may be compared, those of two may not."""

    paper_id: int
    score: float


@dataclass(frozen=True, slots=True)
class Hits:
    """The best hits first, and how many papers the index counts in all."""

    hits: tuple[Hit, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What all questions to the index have in common.

    `upto`: only papers whose number is at most this, so that pages stay as they were while papers arrive.
    `among`: only these papers. `now` is what spans such as `after:7d` count from.
    """

    now: datetime
    limit: int
    upto: int | None = None
    among: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class Spelling:
    """A word as papers write it, in lower case, in how many papers it stands (by its stem), and how many
    typing errors make of it what was asked for.
    """

    word: str
    papers: int
    errors: int


@dataclass(frozen=True, slots=True)
class IndexState:
    """How far the index follows its store.

    `change` is the last value of the store's cursor that the index holds, `newest` the store's last.
    `following` is false where another process writes this folder, and this one only reads it.
    """

    papers: int
    vectors: int
    change: int
    newest: int
    bytes: int
    encoder: str | None
    following: bool

    @property
    def behind(self) -> int:
        return max(0, self.newest - self.change)


Progress: TypeAlias = Callable[[IndexState], None]


class SearchIndex(Protocol):
    """The papers of one store, by their words and by their meaning, in a folder of its own.

    Every method may be called from any task of one event loop and runs off it. While the index is being
    built, answers come from what it holds so far. Raises `IndexFolderError` for a full disk or a folder
    without rights.
    """

    async def matching(self, query: Query, limits: Limits, order: Order = Order.RELEVANCE) -> Hits:
        """Papers that hold every word and condition of the query, as far as an index can tell."""

    async def related(self, query: Query, limits: Limits) -> Hits:
        """Papers that satisfy the query's conditions and hold any of its words, by BM25."""

    async def titled(self, text: str, conditions: Query, limits: Limits) -> Hits:
        """Papers that satisfy the conditions and whose title has the words of the text side by side: first
        the titles that begin with them, the shorter before the longer.
        """

    async def near(
        self, text: str, conditions: Query, limits: Limits, like: Mapping[int, float] | None = None
    ) -> Hits:
        """Papers that satisfy the conditions, by nearness in meaning (cosine) to the text, or to the middle
        between it and the papers `like`, each by its weight; none where the index has no vectors.
        """

    async def similar(self, paper_ids: Sequence[int], limits: Limits) -> Hits:
        """Papers near in meaning to all of these together; never these themselves."""

    async def vectors(self, paper_ids: Sequence[int]) -> "Vectors":
        """The vectors of these papers (n, dimensions), of length 1, or 0 where a paper has none (yet)."""

    async def spellings(self, word: str, limit: int) -> Sequence[Spelling]:
        """Words of the papers that differ from `word` by a typing error or two: those with fewer errors
        first, of equals the more frequent; `word` itself is among them if papers hold it.
        """

    async def titles(self, beginning: str, limit: int) -> Sequence[int]:
        """Numbers of papers whose title holds the words of the text, of which the last may be unfinished:
        first those whose title begins with them; of either those with more upvotes, then the newer ones.
        """

    async def people(self, beginning: str, limit: int) -> Sequence[str]:
        """Authors whose family name begins as the text ends, and whose first name as it begins: as they are
        written, those of most papers first.
        """

    async def namesakes(self, name: str, limit: int) -> Sequence[str]:
        """How authors are written whose whole name, or family name if `name` is no more, differs from it by a
        typing error or two: those with fewer errors first, of equals those of more papers.
        """

    async def catch_up(self, progress: Progress | None = None) -> IndexState:
        """Takes in all that the store has changed; returns at once if another process does so."""

    async def state(self) -> IndexState: ...

    async def lost(self) -> bool:
        """Whether the index is gone or damaged, so that `catch_up` makes it anew: a quick look, no proof."""

    async def rebuild(self, progress: Progress | None = None) -> IndexState:
        """Makes the index anew, while answers go on coming from the old one.

        Raises `ConflictError` if another process writes this folder.
        """

    async def check(self) -> Sequence[str]:
        """What is wrong with the index, compared with its store; nothing if all is well."""


class SearchedUpstream(Protocol):
    """An upstream that searches for us. The words leave this machine: only where an operator allows it."""

    @property
    def upstream(self) -> Upstream: ...

    async def search(self, text: str, limit: int) -> Sequence[PaperReading] | None:
        """The upstream's best first; `None` if it cannot be asked just now. Never raises `UpstreamError`,
        never logs `text`.
        """


__all__ = [
    "Encoder",
    "Hit",
    "Hits",
    "IndexState",
    "Limits",
    "Order",
    "Progress",
    "SearchIndex",
    "SearchedUpstream",
    "Spelling",
    "Vectors",
]
