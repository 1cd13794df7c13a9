"""What Paperboy talks about: frozen values, every instant UTC-aware.

Nothing here imports anything else of the project. Types are named by their role in the flow
(upstream → papers and observations → trending → edition → delivery).
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

# --- where facts come from ---------------------------------------------------------------------


class Upstream(StrEnum):
    """Who told us. The value is stored and printed by `--json`."""

    HUGGING_FACE = "huggingface"
    ARXIV = "arxiv"
    GITHUB = "github"
    HACKER_NEWS = "hackernews"
    IMPORT = "import"  # a file that a person brought
    SAMPLE = "sample"  # invented papers, shown where no upstream answers; never delivered

    @property
    def label(self) -> str:
        """The upstream's name as people write it."""
        return _UPSTREAM_LABELS[self]


_UPSTREAM_LABELS: Final = {
    Upstream.HUGGING_FACE: "Hugging Face",
    Upstream.ARXIV: "arXiv",
    Upstream.GITHUB: "GitHub",
    Upstream.HACKER_NEWS: "Hacker News",
    Upstream.IMPORT: "your import",
    Upstream.SAMPLE: "Samples",
}


class Signal(StrEnum):
    """A number that an upstream shows for a paper, read again and again."""

    UPVOTES = "upvotes"
    COMMENTS = "comments"
    STARS = "stars"
    HN_POINTS = "hn_points"
    HN_COMMENTS = "hn_comments"
    CITATIONS = "citations"


class IdScheme(StrEnum):
    """Who gave a paper its identifier."""

    ARXIV = "arxiv"  # without the version: 2508.13426, quant-ph/0201082
    DOI = "doi"
    LOCAL = "local"  # made by us from the normalised title; replaced when a real one is learnt


class PaperId(NamedTuple):
    """One identifier of a paper; `str()` gives `arxiv:2508.13426`."""

    scheme: IdScheme
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


# --- papers ------------------------------------------------------------------------------------


class PaperVersion(NamedTuple):
    """One version of a paper at arXiv."""

    number: int
    submitted_at: datetime


class AnnounceType(StrEnum):
    """Why a paper stands in a list. arXiv's own words for its listings; a daily list has `listed`."""

    LISTED = "listed"
    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperReading:
    """What one upstream said of one paper in one poll; `None` and empty mean *it did not say*.

    Text is already clean (`bot.sources.text`). `signals` hold only numbers that the upstream gave.
    """

    ids: tuple[PaperId, ...]
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    categories: tuple[str, ...] = ()  # the primary one first
    versions: tuple[PaperVersion, ...] = ()
    comment: str | None = None
    journal_ref: str | None = None
    ai_summary: str | None = None
    ai_summary_model: str | None = None
    keywords: tuple[str, ...] = ()
    organization: str | None = None
    code_url: str | None = None
    project_url: str | None = None
    thumbnail_url: str | None = None
    announce_type: AnnounceType | None = None  # set where the poll was of a list
    signals: Mapping[Signal, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper as the store knows it, whatever number of upstreams, ids and versions it has."""

    id: int  # the store's own number: stable until a merge
    ids: tuple[PaperId, ...]  # sorted; never empty
    title: str
    abstract: str
    text_from: Upstream  # whose title and abstract these are; arXiv's own replace all others
    authors: tuple[str, ...]
    published_at: datetime | None
    first_seen_at: datetime
    categories: tuple[str, ...] | None  # None: not known yet; the primary one first
    versions: tuple[PaperVersion, ...] = ()
    comment: str | None = None
    journal_ref: str | None = None
    ai_summary: str | None = None
    ai_summary_model: str | None = None
    keywords: tuple[str, ...] = ()
    organization: str | None = None
    code_url: str | None = None
    project_url: str | None = None
    thumbnail_url: str | None = None

    @property
    def key(self) -> str:
        """The name under which other programs know the paper: its arXiv id, else the best it has."""
        return str(self.ids[0])

    @property
    def arxiv_id(self) -> str | None:
        return next((i.value for i in self.ids if i.scheme is IdScheme.ARXIV), None)

    @property
    def url(self) -> str | None:
        """Where a person reads it: arXiv's page, a DOI's, the project's, or nowhere."""
        for scheme, value in self.ids:
            if scheme is IdScheme.ARXIV:
                return f"https://arxiv.org/abs/{value}"
            if scheme is IdScheme.DOI:
                return f"https://doi.org/{value}"
        return self.project_url or self.code_url


# --- what a search index follows -----------------------------------------------------------------


class IndexRow(NamedTuple):
    """One paper as a search index needs it; instants are Unix milliseconds, UTC."""

    paper_id: int
    change: int  # the value of the change cursor that made the paper what it is here
    title: str
    abstract: str
    keywords: tuple[str, ...]
    authors: tuple[str, ...]
    categories: tuple[str, ...] | None  # None: not known yet
    organization: str | None
    published_at: int | None
    has_code: bool
    has_project: bool
    upvotes: int | None  # None: nobody said


@dataclass(frozen=True, slots=True)
class Changes:
    """A stretch of the store's changes."""

    papers: tuple[IndexRow, ...]
    gone: tuple[int, ...]  # numbers of papers that are no more
    upto: int  # where to go on from; the asked `after` if nothing changed since
    newest: int  # where the cursor stood when this was read


# --- papers that a person brings -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """Some papers of a file: `file` is its fingerprint, `mark` how far it was read with this batch."""

    file: str
    mark: int
    readings: tuple[PaperReading, ...]


class ImportReport(NamedTuple):
    """What a batch changed, in papers."""

    new: int
    changed: int
    known: int  # nothing new was said of them


# --- polls and observations --------------------------------------------------------------------


class Outcome(StrEnum):
    """How a poll ended."""

    OK = "ok"  # the list was read whole, and has papers
    EMPTY = "empty"  # the list was read, and has none
    PARTIAL = "partial"  # some pages or rows could not be read; what was read is stored
    UNCHANGED = "unchanged"  # the upstream said that nothing changed (304)
    FAILED = "failed"  # nothing could be read; `detail` says why


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One question put to one upstream, and all it answered.

    `subject` says what was asked: `daily:2025-11-20`, `trending`, `week:2025-W47`, `month:2025-11`,
    `new:cs.AI+cs.LG`, `lookup`, `stars`. `observed_at` is when the upstream was read, never earlier.
    """

    upstream: Upstream
    subject: str
    observed_at: datetime
    outcome: Outcome
    readings: tuple[PaperReading, ...] = ()
    skipped: int = 0  # rows that could not be parsed; each was logged
    detail: str = ""
    ask_again_at: datetime | None = None  # the upstream asked not to be asked anything before

    @property
    def list_date(self) -> date | None:
        """The day of a daily list, or `None` for any other subject."""
        kind, _, day = self.subject.partition(":")
        return date.fromisoformat(day) if kind == "daily" else None


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one poll changed in the store."""

    new: int = 0
    changed: int = 0
    merged: int = 0
    observations: int = 0

    def __add__(self, other: "IngestReport") -> "IngestReport":
        return IngestReport(
            self.new + other.new,
            self.changed + other.changed,
            self.merged + other.merged,
            self.observations + other.observations,
        )


class Series:
    """One signal of one paper as one upstream told it: strictly rising instants, each with its value.

    Instants are Unix milliseconds, UTC. Kept as the two comma-separated texts that the store hands
    over, and taken apart only where a question needs it: a ranking asks most series for their last
    value alone. An upstream is read often and stored on change, so the value holds until the next one.
    """

    __slots__ = ("_times", "_values")

    def __init__(self, times: str, values: str) -> None:
        self._times = times
        self._values = values

    @classmethod
    def of(cls, points: Sequence[tuple[int, int]]) -> "Series":
        """Builds a series from (instant in ms, value) pairs in order of time."""
        return cls(",".join(str(t) for t, _ in points), ",".join(str(v) for _, v in points))

    @property
    def first_at(self) -> int:
        return int(self._times.partition(",")[0])

    @property
    def first(self) -> int:
        return int(self._values.partition(",")[0])

    @property
    def last_at(self) -> int:
        return int(self._times.rpartition(",")[2])

    @property
    def last(self) -> int:
        return int(self._values.rpartition(",")[2])

    @property
    def single(self) -> bool:
        """Whether the value was never seen to change."""
        return "," not in self._times

    def points(self) -> list[tuple[int, int]]:
        return list(zip(map(int, self._times.split(",")), map(int, self._values.split(",")), strict=True))

    def at(self, instant: int) -> tuple[int, int] | None:
        """The reading in force at `instant` (ms) as (when it was made, value), or `None` before the first."""
        if instant < self.first_at:
            return None
        points = self.points()
        return points[bisect_right(points, (instant, math.inf)) - 1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Series) and self.points() == other.points()

    def __hash__(self) -> int:
        return hash((self._times, self._values))

    def __repr__(self) -> str:
        return f"Series.of({self.points()!r})"


@dataclass(frozen=True, slots=True)
class PaperSeries:
    """Everything observed of one paper by some instant: the input of a ranking. Instants in ms, UTC."""

    paper_id: int
    key: str  # see `Paper.key`: the last word of every tie
    first_seen_at: int
    seen_after: int | None  # the last poll of the same list that did not have it yet; None: no such poll
    list_day: int | None  # first day of its first daily list as a date ordinal; None: never on one
    polled_at: int  # the last poll that could have changed its numbers
    signals: Mapping[tuple[Signal, Upstream], Series]


@dataclass(frozen=True, slots=True)
class Batch:
    """One non-empty daily list: its day, and when its first paper that no earlier list had was seen."""

    day: date
    opened_at: datetime
    papers: int


# --- trending and editions ---------------------------------------------------------------------


class Window(StrEnum):
    """How far back a ranking looks. Windows roll; they are never an upstream's calendar page."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Component(NamedTuple):
    """One number of a score: its name, by how much it rose, and the points that gives; 0: it is only told."""

    name: str
    amount: int
    points: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """One paper's place in a trending set, with everything that put it there."""

    position: int  # from 1
    paper_id: int
    key: str
    score: float  # the upvotes gained: the sum of its components' points
    components: tuple[Component, ...]
    reasons: tuple[str, ...]  # plain words and numbers, what counts first
    new: bool  # first listed within the window, as against listed before and risen in it


@dataclass(frozen=True, slots=True)
class Ranking:
    """The trending set of one window as it was at one instant."""

    window: Window
    as_of: datetime
    since: datetime  # where the window began
    entries: tuple[Ranked, ...]

    @property
    def by_paper(self) -> Mapping[int, Ranked]:
        """The entries by their papers' numbers, in order; of papers that became one since, the first."""
        first: dict[int, Ranked] = {}
        for entry in self.entries:
            first.setdefault(entry.paper_id, entry)
        return first


class SourceNote(NamedTuple):
    """What a reader should know of a source: `huggingface` could not be read since then."""

    upstream: Upstream
    down_since: datetime


@dataclass(frozen=True, slots=True)
class Edition:
    """A ranking frozen for one slot instant. `ranking.as_of` is when it really was made."""

    id: int
    slot_at: datetime
    ranking: Ranking
    notes: tuple[SourceNote, ...] = ()
    revision: int | None = None  # the store's, of which it was made; None: before the store kept them


# --- recipients, destinations, slots -----------------------------------------------------------


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """As `date.weekday()` counts: Monday is 0."""
        return list(Weekday).index(self)


EVERY_DAY: Final = frozenset(Weekday)
WORKDAYS: Final = frozenset(list(Weekday)[:5])


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a destination is served: a local time on local days in an IANA time zone."""

    at: time  # naive, whole minutes
    days: frozenset[Weekday]
    zone: str


class Slot(NamedTuple):
    """One appointment: a destination has at most one for each local date."""

    local_date: date
    at: datetime  # UTC


class Pool(StrEnum):
    """Which papers a destination draws from."""

    TRENDING = "trending"
    ANNOUNCED = "announced"  # newly announced on arXiv, and matching the filter
    BOTH = "both"  # the two labelled apart
    SUBSCRIPTIONS = "subscriptions"  # whatever new its subscriptions match: a person's destination


class Layout(StrEnum):
    COMPACT = "compact"
    CARDS = "cards"
    THREAD = "thread"
    EMBEDS = "embeds"  # Discord's classic embeds; elsewhere as cards


class Summaries(StrEnum):
    """Whose words stand under a title."""

    ANY = "any"  # an AI's where there is one, else the abstract's
    ABSTRACT = "abstract"  # never an AI's


class QuietDay(StrEnum):
    """What a destination does on a day without a paper for it."""

    SILENT = "silent"
    NOTE = "note"
    RISERS = "risers"  # the week's risers that it has not been told of


class DestinationState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a message gets there: a surface and that surface's own address (a URL, a channel id)."""

    surface: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """How a message is put up where the surface knows such ways; others pass them over."""

    mention: str = ""  # the surface's id of the role that a digest mentions; empty: nobody
    publish: bool = False  # passed on to those who follow an announcement channel, once
    forum: bool = False  # the address is a forum: a message opens a thread of its own
    tag: str = ""  # the surface's id of the tag that such threads get


PLAIN_POSTING: Final = Posting()
"""Nobody is mentioned, and nothing published: what most messages want."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One route of one recipient, with its schedule and taste."""

    id: str
    recipient_id: str
    name: str  # unique among those not removed
    route: Route
    schedule: Schedule
    query: str = ""  # the filter; empty takes everything
    window: Window = Window.DAY
    pool: Pool = Pool.TRENDING
    maximum: int = 5  # papers a digest; no target
    floor: int = 0  # least score, in upvotes
    layout: Layout = Layout.COMPACT
    summaries: Summaries = Summaries.ANY
    quiet_day: QuietDay = QuietDay.SILENT
    posting: Posting = PLAIN_POSTING
    group: str = ""  # of those of one group a paper goes to one alone, its best match; empty: on its own
    feed: bool = False  # whoever has the address may read what was posted as a feed
    label: str = ""  # what people call the place ("#ml-papers"); untrusted text; empty: its name
    owner_id: str | None = None  # the recipient who set it up, and is told what goes wrong; None: an operator
    state: DestinationState = DestinationState.ACTIVE
    state_by: str | None = None  # who paused or removed it, in words for people; a surface: "Slack: why"
    state_at: datetime | None = None
    active_from: datetime  # slots before this instant never count: no backlog
    created_at: datetime

    @property
    def state_who(self) -> str:
        """Who paused or removed it, without the reason that a surface gives; empty if that is not known."""
        who, _, _ = self._state_parts()
        return who

    @property
    def state_why(self) -> str:
        """What its surface said that paused it, a sentence; empty if a person did."""
        _, _, why = self._state_parts()
        return why

    def _state_parts(self) -> tuple[str, str, str]:
        surface = self.route.surface.capitalize()
        said = self.state_by or ""
        return said.partition(": ") if said.startswith(f"{surface}: ") else (said, "", "")


class SlotOutcome(StrEnum):
    QUEUED = "queued"  # a delivery was written
    QUIET = "quiet"  # nothing to say, and nothing was said
    MISSED = "missed"  # nobody was there in time


class QuietReason(StrEnum):
    """Why there was no digest; the value is stored."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    NOT_UP_YET = "not_up_yet"
    UPSTREAM_DOWN = "upstream_down"
    BELOW_FLOOR = "below_floor"
    NO_MATCH = "no_match"
    ALL_TOLD = "all_told"  # every matching paper was in an earlier digest
    ELSEWHERE = "elsewhere"  # every new paper that matches fits another channel of the group better
    TOO_FEW = "too_few"  # fewer papers than a message needs: they wait
    CATEGORY_UNKNOWN = "category_unknown"  # papers wait until arXiv says what they are about
    NO_DATA = "no_data"  # nothing was ever fetched
    PAUSED = "paused"
    AWAY = "away"  # Paperboy was not running
    NOT_DELIVERED = "not_delivered"  # written, but could not be delivered in time


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRecord:
    """What became of one slot. UNIQUE(destination, local date): the first to write it wins."""

    destination_id: str
    slot: Slot
    outcome: SlotOutcome
    late: bool = False
    reason: QuietReason | None = None
    detail: str = ""
    delivery_id: str | None = None
    recorded_at: datetime


# --- deliveries --------------------------------------------------------------------------------


class DeliveryKind(StrEnum):
    DIGEST = "digest"  # what a slot brought
    NOTICE = "notice"  # what an owner should know of a destination; goes out though that is paused


class DeliveryState(StrEnum):
    PENDING = "pending"
    LEASED = "leased"
    SENDING = "sending"  # committed before the network call
    SENT = "sent"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"

    @property
    def final(self) -> bool:
        return self in {DeliveryState.SENT, DeliveryState.REJECTED, DeliveryState.IN_DOUBT}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A message to be written to the outbox, in the same transaction that plans it."""

    id: str
    key: str  # UNIQUE; the idempotency key the receiver sees
    destination_id: str
    recipient_id: str
    route: Route
    doc: str  # the message as JSON (`bot.view.doc`), frozen: every try sends the same
    papers: tuple[int, ...]  # told by this message: one ledger row each
    deliver_by: datetime  # after this it is too late to be worth sending
    kind: DeliveryKind = DeliveryKind.DIGEST
    layout: Layout = Layout.COMPACT
    posting: Posting = PLAIN_POSTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery as the store knows it."""

    id: str
    key: str
    destination_id: str
    recipient_id: str
    route: Route
    doc: str
    kind: DeliveryKind = DeliveryKind.DIGEST
    layout: Layout = Layout.COMPACT
    posting: Posting = PLAIN_POSTING
    state: DeliveryState
    doubtful: bool  # a request for it went out, and its fate was never learnt
    attempts: int
    not_before: datetime
    deliver_by: datetime
    created_at: datetime
    sending_at: datetime | None = None  # when the last request went out
    doubtful_since: datetime | None = None  # when the first doubtful request went out
    leased_by: str | None = None
    lease_until: datetime | None = None
    fence: int = 0  # rises with every lease: a worker that lost its lease cannot write any more
    last_error: str | None = None
    receipt: str | None = None  # the receiver's own name for the message
    finished_at: datetime | None = None
    resends: int = 0  # how often a person had it sent again


@dataclass(frozen=True, slots=True)
class PostedDigest:
    """A digest that arrived, and the papers that it told of."""

    doc: str  # the message as JSON (`bot.view.doc`)
    posted_at: datetime
    papers: frozenset[int]  # numbers as they are by now: a merge moves them


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """A decision about one slot, to be stored in one transaction; `delivery` only if `QUEUED`."""

    record: SlotRecord
    delivery: NewDelivery | None = None
    waits: Mapping[str, datetime | None] = field(default_factory=dict)  # since when papers of which
    # subscription wait; None: none do any more


class Planned(StrEnum):
    """What the store made of a `PlannedSlot`."""

    STORED = "stored"
    TAKEN = "taken"  # another process, or an earlier try, had recorded that slot
    STALE = "stale"  # the recipient was told of one of the papers meanwhile: decide again


# --- sources -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectState:
    """What the store knows of one thing that is polled."""

    upstream: Upstream
    subject: str
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_change_at: datetime | None = None  # the last poll that brought a paper or a number
    last_outcome: Outcome | None = None
    last_error: str | None = None
    failing_since: datetime | None = None
    ask_again_at: datetime | None = None  # the last poll ended with the request to wait until then
    papers: int = 0  # rows in the last successful poll


class Waiting(StrEnum):
    """What a source is waiting for."""

    NEXT_POLL = "next poll"
    LIST_NOT_UP = "list not up yet"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    RETRY = "retry after an error"
    RATE_LIMIT = "rate limit"
    BACKFILL = "filling the store"


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def utc_ms(instant: datetime) -> int:
    """Unix milliseconds of an aware datetime, rounded down."""
    return (instant - _EPOCH) // _MILLISECOND


def from_utc_ms(ms: int) -> datetime:
    """The UTC-aware datetime of Unix milliseconds; the inverse of `utc_ms` on whole milliseconds."""
    return datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
