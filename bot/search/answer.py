"""What a search answers, before any surface shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.model import Paper, Signal, Upstream
from bot.search.query import Query
from bot.view.doc import Marks


class Mode(StrEnum):
    """Which legs a search stands on."""

    FUSED = "fused"  # words and meaning
    LEXICAL = "lexical"
    SEMANTIC = "semantic"


class Tier(StrEnum):
    """How a result belongs to its query."""

    EXACT = "exact"  # the very paper that an id, a link or a whole title names
    MATCH = "match"  # every word and condition holds
    CLOSE = "close"  # every condition holds, but not every word


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of a paper's abstract with the words found in it; `cut` where text stands before or after."""

    text: str
    marks: Marks
    cut_before: bool
    cut_after: bool


@dataclass(frozen=True, slots=True)
class Result:
    """One paper of an answer and why it is there."""

    paper: Paper
    tier: Tier
    score: float  # comparable within one answer
    parts: Mapping[str, float]  # what the score is made of: "words", "meaning", "title", "prior"
    signals: Mapping[Signal, int]
    title_marks: Marks
    excerpt: Excerpt
    why: str  # one sentence: which words stand where, or that it is near in meaning
    found_by: tuple[Upstream, ...] = ()  # upstreams whose own search brought it; none: found here


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of what a search found: exact and matching papers first, then the close ones."""

    query: Query
    results: tuple[Result, ...]
    total: int  # papers that match, as far as the index can tell
    more: str | None  # names the next page, which shows nothing of this one even if papers arrive meanwhile
    did_you_mean: str | None  # what may have been meant, see `bot.search.mending`
    notes: tuple[str, ...] = ()  # sentences for the person: the index is being built, an upstream was asked
    awaited: tuple[Upstream, ...] = ()  # asked, and their findings are yet to come: see `Search.live`
    start: int = 0  # how many results the pages before this one hold


__all__ = ["Answer", "Excerpt", "Marks", "Mode", "Result", "Tier"]
