"""Every Protocol that the core asks of the outside. Each docstring is a contract.

Common to all ports of the store: every method is one transaction, may be called from any task of one
event loop, raises `StorageError` for operational failures, and takes and gives UTC-aware instants.
Writes of one process run one after another; reads never wait for writes.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.model import (
    PLAIN_POSTING,
    AnnounceType,
    Batch,
    Changes,
    Delivery,
    DeliveryState,
    Destination,
    DestinationState,
    Edition,
    ImportBatch,
    ImportReport,
    IngestReport,
    Layout,
    NewDelivery,
    Paper,
    PaperId,
    PaperSeries,
    Planned,
    PlannedSlot,
    Poll,
    PostedDigest,
    Posting,
    Ranking,
    Route,
    Signal,
    SlotRecord,
    SourceNote,
    SubjectState,
    Upstream,
    Window,
)
from bot.people.mailboxes import MailboxStore
from bot.people.ports import HistoryStore, InstallationStore, PeopleStore
from bot.taste.ports import TasteStore

# --- time, ids -----------------------------------------------------------------------------------


class Clock(Protocol):
    """The only source of time. `now()` is UTC-aware and may jump either way, as real clocks do."""

    def now(self) -> datetime: ...

    async def sleep(self, duration: timedelta) -> None:
        """Returns after `duration` of this clock; may be cancelled."""


class Ids(Protocol):
    """Makes identifiers: short, unique, of lower-case letters and digits."""

    def new(self) -> str: ...


# --- the store -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the store holds, for answers that depend on it."""

    papers: int
    oldest_list: date | None
    newest_list: date | None
    lists: int


@dataclass(frozen=True, slots=True)
class ListGrowth:
    """How a daily list filled: when each of its papers was first seen, in order; only where the list
    was watched from before its first paper on.
    """

    day: date
    seen_at: tuple[datetime, ...]


class Observed(Protocol):
    """What a ranking is made of."""

    async def series(self, since: datetime, as_of: datetime) -> Sequence[PaperSeries]:
        """One compact series for every paper first seen, first listed, or with a number changed
        after `since`, as far as observed by `as_of` (both inclusive).
        """

    async def comparison(self, since: datetime, as_of: datetime) -> Sequence[PaperSeries]:
        """The series of papers on daily lists first seen from `since` to `as_of`: the group that
        "usual" refers to.
        """

    async def batches(self, as_of: datetime, limit: int) -> Sequence[Batch]:
        """The newest `limit` daily lists that had, by `as_of`, a paper no earlier list had; newest first."""


class AsStood(Observed, Protocol):
    """All that an edition is made of, as the store had it at one revision, whatever it was told since.

    It answers for instants up to the one that the revision was begun with. Unlike other reads, one here waits
    for its turn among the writes, if something did change.
    """

    async def states(self, as_of: datetime) -> Sequence[SubjectState]:
        """How everything that was polled by `as_of` stood then, by upstream and subject, but for
        `last_change_at`.
        """


class PaperStore(Observed, Protocol):
    """Papers, their ids, versions and authors, the lists they stood in, and what was observed of them."""

    async def ingest(self, poll: Poll, recorded_at: datetime) -> IngestReport:
        """Stores one poll with all it brought.

        - A reading belongs to the paper that has one of its ids; else to a paper with the same
          normalised title and agreeing abstract or authors if at least one of the two has no upstream id;
          else it makes a new paper. A reading that joins two papers merges them, with everything that
          points to either; the older paper's number stays.
        - arXiv's title and abstract replace any other's; nothing known is replaced by nothing.
        - A number is stored only when it differs from the one in force at `observed_at`.
        - The poll itself is always recorded, a failed one too.
        The same poll stored twice changes nothing the second time.
        """

    async def get(self, paper_ids: Iterable[int]) -> dict[int, Paper]:
        """The papers with these numbers; unknown ones are left out."""

    async def find(self, paper_id: PaperId) -> Paper | None:
        """The paper that has this identifier."""

    async def series_of(self, paper_ids: Iterable[int], as_of: datetime) -> Sequence[PaperSeries]:
        """The series of these papers, as far as observed by `as_of`."""

    def as_stood(self, revision: int) -> AsStood:
        """What was observed, as it stood at this revision of `EditionStore.begin`."""

    async def announced(
        self, since: datetime, as_of: datetime, types: frozenset[AnnounceType]
    ) -> Sequence[int]:
        """Numbers of the papers that an arXiv listing first announced after `since` and by `as_of`."""

    async def first_shown(self, since: datetime, as_of: datetime) -> Sequence[int]:
        """Numbers of the papers that came before readers after `since` and by `as_of`: those on a daily list
        or announced by arXiv, first seen in that time. A list that was read only later counts as opened by
        the end of its day, so that filling the store makes no old paper new; neither does a search that
        fetched one, nor a person who brought one.
        """

    async def without_categories(self, paper_ids: Iterable[int]) -> Sequence[PaperId]:
        """The arXiv ids of those papers whose categories are not known yet."""

    async def unresolved(self, limit: int) -> Sequence[PaperId]:
        """The arXiv ids, newest first, of papers that arXiv itself was never asked about."""

    async def coverage(self) -> Coverage: ...

    async def changes(self, after: int, limit: int) -> Changes:
        """What changed since the change cursor stood at `after`, in the cursor's order: at most `limit`
        papers, each as it is now, and the numbers of papers that are gone (merged into others).

        Words, people, categories, dates, links and current numbers count as changes.
        """

    async def newest_change(self) -> int:
        """Where the change cursor stands; 0 in an empty store. It rises with every change and never falls."""

    async def signals(self, paper_ids: Iterable[int]) -> Mapping[int, Mapping[Signal, int]]:
        """The newest value of every number read of these papers; of several upstreams' the greatest."""

    async def bring(self, batch: ImportBatch, recorded_at: datetime) -> ImportReport:
        """Stores papers that a person brings, with the mark of how far the file was read.

        The same rules of whose reading it is, and what replaces what, as `ingest`. No poll and no list is
        recorded, so that none of them trends; their numbers count as observed at `recorded_at`.
        The same batch brought twice changes nothing the second time.
        """

    async def import_mark(self, file: str) -> int:
        """How far the file of this fingerprint was imported: the mark of its last batch; 0 if never."""

    async def growth(self, since: date, until: date) -> Sequence[ListGrowth]:
        """How the daily lists of these days filled."""

    async def thin(self, older_than: datetime, hourly_until: datetime) -> int:
        """Keeps of readings older than `older_than` one an hour, of those older than `hourly_until` one
        a day (the last of each), and always what an edition needs to be made again: a series' first, those
        in force when an edition was made and when its window began, all upvotes of a paper's first 30 days,
        and everything of papers of which something was learnt late. Returns how many went.
        """


@dataclass(frozen=True, slots=True)
class EditionPlace:
    """A paper's place in one frozen edition."""

    window: Window
    slot_at: datetime
    position: int  # from 1
    of: int  # papers in the edition


class EditionStore(Protocol):
    async def begin(self, as_of: datetime) -> int:
        """The revision of the store as it stands: what was observed by `as_of` can be read so for good
        (`PaperStore.as_stood`), whatever is learnt of it from now on.
        """

    async def freeze(
        self, slot_at: datetime, ranking: Ranking, notes: Sequence[SourceNote], revision: int
    ) -> Edition:
        """Stores the edition of (window, slot instant), or returns the one that already is there.

        `revision` is the one that it was made of. Raises `ThinnedOutError` if readings went since then, some
        of which it may need: it is to be made anew.
        """

    async def get(self, window: Window, slot_at: datetime) -> Edition | None: ...

    async def latest(self, window: Window, by: datetime) -> Edition | None: ...

    async def places(self, paper_id: int, limit: int) -> Sequence[EditionPlace]:
        """Where the paper stands in the newest `limit` editions that have it, the newest slot first."""

    async def slots(self, window: Window) -> Sequence[datetime]:
        """The slot instants of which there are editions, in order."""


class DestinationStore(Protocol):
    """Recipients, their ledgers, their destinations and what became of each slot."""

    async def add(self, destination: Destination, recipient_name: str) -> None:
        """Stores a new destination, and its recipient if that is new.

        Raises `ConflictError` if the name is taken by a destination that is not removed.
        """

    async def list(self, *, removed: bool = False) -> Sequence[Destination]: ...

    async def at(self, route: Route) -> Destination | None:
        """The destination of that route that is not removed; of several the one made first."""

    async def owned(self, owner_id: str) -> Sequence[Destination]:
        """Those not removed that this recipient set up, in order of their making."""

    async def grouped(self, groups: Iterable[str]) -> Mapping[str, Sequence[Destination]]:
        """The active destinations of each of these groups, by name; every one asked about has an entry."""

    async def by_name(self, name: str) -> Destination | None:
        """The destination of that name or id that is not removed."""

    async def update(self, destination: Destination) -> None:
        """Replaces the settings of a destination. Raises `NotFoundError` or `ConflictError`."""

    async def set_state(self, destination_id: str, state: DestinationState, by: str, at: datetime) -> None:
        """Pauses, resumes or removes. Resuming sets `active_from`, so that no backlog comes;
        pausing and removing reject the destination's unsent digests. Notices still go out.
        """

    async def due_before(
        self, instant: datetime, limit: int
    ) -> Sequence[tuple[Destination, SlotRecord | None]]:
        """Active destinations whose next appointment is at or before `instant` (or was never computed),
        the longest due first, each with its newest slot record.
        """

    async def schedule_next(self, looks: Sequence[tuple[Destination, datetime]]) -> None:
        """Notes when each destination must be looked at next: a hint that `due_before` uses.

        One whose schedule or start was changed since it was read is passed over, and looked at again.
        """

    async def forget_appointments(self) -> None:
        """Drops all hints, so that every destination is looked at again (at start: time zone rules move)."""

    async def next_appointment(self) -> datetime | None:
        """The earliest hint of an active destination."""

    async def plan(self, slots: Sequence[PlannedSlot]) -> Sequence[Planned]:
        """Writes slot records with their deliveries and ledger rows: each whole or not at all."""

    async def told(
        self, recipient_ids: Iterable[str], paper_ids: Iterable[int]
    ) -> Mapping[str, frozenset[int]]:
        """Of these papers, those that each recipient was told of (or is about to be)."""

    async def slots(self, destination_id: str, limit: int) -> Sequence[SlotRecord]:
        """The newest slot records first."""


class OutboxStore(Protocol):
    """Deliveries: `pending → leased → sending → sent | rejected | in_doubt`.

    A lease carries a fence, which rises with every claim. Every method that takes `fence` raises
    `StaleLeaseError`, and changes nothing, unless the delivery still has that very lease.
    """

    async def claim(
        self, worker: str, surfaces: Sequence[str], now: datetime, lease: timedelta, limit: int
    ) -> Sequence[Delivery]:
        """Leases up to `limit` deliveries that are pending and due, or whose lease has run out.

        One whose lease ran out in `sending` comes back with `doubtful` set. Oldest due first; a
        delivery that was tried more often comes after one that was tried less, so that none blocks others.
        """

    async def sending(self, delivery_id: str, fence: int, now: datetime, lease: timedelta) -> None:
        """Commits that the request is about to go out; renews the lease."""

    async def sent(self, delivery_id: str, fence: int, now: datetime, receipt: str) -> None: ...

    async def retry(
        self, delivery_id: str, fence: int, not_before: datetime, error: str, *, doubtful: bool
    ) -> None:
        """Back to pending, not to be claimed before `not_before`; `doubtful` never falls back to false."""

    async def rejected(self, delivery_id: str, fence: int, now: datetime, error: str) -> None:
        """Ends it, withdraws its ledger rows, and marks its slot as not delivered."""

    async def in_doubt(self, delivery_id: str, fence: int, now: datetime, error: str) -> None:
        """Ends it as in doubt: its papers count as told, and it is never sent again by itself."""

    async def release(self, delivery_id: str, fence: int) -> None:
        """Gives a lease back unused (on stop): pending again, due at once."""

    async def list(self, states: Sequence[DeliveryState], limit: int) -> Sequence[Delivery]: ...

    async def get(self, delivery_id: str) -> Delivery | None: ...

    async def posted(self, destination_id: str, limit: int) -> Sequence[PostedDigest]:
        """The newest `limit` digests with papers that arrived at this destination, newest first."""

    async def resend(self, delivery_id: str, now: datetime, deliver_by: datetime) -> Delivery:
        """A person's decision: makes a rejected or doubtful delivery pending again under the same key,
        its doubt cleared. Raises `NotFoundError` or `ConflictError` (it is under way or was sent, or the
        mail address that it was for is forgotten).
        """

    async def resolve(self, delivery_id: str, now: datetime, *, arrived: bool, by: str) -> Delivery:
        """A person's answer to a doubtful delivery: it did arrive (→ sent) or it did not (→ rejected).
        Raises `NotFoundError` or `ConflictError` (it is not in doubt).
        """

    async def post(self, delivery: NewDelivery, now: datetime) -> bool:
        """Writes a message that no slot brings (a notice), due at once, with its ledger rows; `False` if its
        key is there already, or its destination or recipient is not there any more.
        """

    async def announce(self, delivery: NewDelivery, now: datetime) -> Planned:
        """Writes a message of papers that no slot brings, due at once, with all of its ledger rows or not at
        all. `TAKEN` if its key is there already or its destination is not active, `STALE` if the recipient
        was told of one of the papers meanwhile, or one was merged into another: decide again.
        """

    async def next_due(self, surfaces: Sequence[str]) -> datetime | None:
        """When the next delivery can be claimed."""

    async def counts(self) -> Mapping[DeliveryState, int]: ...

    async def counts_by_surface(self) -> Mapping[tuple[str, DeliveryState], int]:
        """The same for each surface apart; states in which a surface has none are left out."""


class SourceStore(Protocol):
    """What is known of each source, and the leases that keep several processes polite."""

    async def states(self) -> Sequence[SubjectState]: ...

    async def acquire(self, name: str, holder: str, now: datetime, lease: timedelta) -> bool:
        """Takes or renews the named lease; `False` if another holder has it until later than `now`."""

    async def give_back(self, name: str, holder: str) -> None:
        """Ends the lease if this holder has it."""

    async def reserve(
        self,
        budget: str,
        now: datetime,
        interval: timedelta,
        window: timedelta,
        limit: int,
        latest: datetime | None = None,
    ) -> datetime:
        """Books one request on a budget and returns the instant at which it may start (`now` or later):
        at least `interval` after the one before it, at most `limit` within any `window`, and not before
        an instant given to `hold`. Where that is after `latest`, it is returned, and nothing is booked.
        """

    async def hold(self, budget: str, until: datetime) -> None:
        """Nothing on this budget may start before `until` (an upstream said so)."""

    async def note(self, key: str) -> str | None:
        """A small text kept for a source (an ETag, a cursor)."""

    async def set_note(self, key: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `db check` found."""

    path: str
    schema: str  # the newest migration applied
    problems: tuple[str, ...]
    counts: Mapping[str, int]  # rows by table


class ActionStore(Protocol):
    """What buttons do that their surface has no room to carry. Names and texts are the surface's own."""

    async def keep(self, texts: Mapping[str, str], at: datetime) -> None:
        """Keeps texts by their names, as of `at`; of a name that is there only the instant changes."""

    async def kept(self, name: str) -> str | None: ...

    async def drop(self, before: datetime) -> None:
        """Deletes what was last kept before that instant."""


class StoreAdmin(Protocol):
    async def check(self) -> CheckReport: ...

    async def backup(self, target: Path) -> None:
        """A whole, consistent copy while everything goes on. Raises `ConflictError` if `target` exists."""


class Store(Protocol):
    """All of the store. Opening migrates it; leaving the context finishes what was begun."""

    @property
    def papers(self) -> PaperStore: ...
    @property
    def editions(self) -> EditionStore: ...
    @property
    def destinations(self) -> DestinationStore: ...
    @property
    def outbox(self) -> OutboxStore: ...
    @property
    def sources(self) -> SourceStore: ...
    @property
    def people(self) -> PeopleStore: ...
    @property
    def mailboxes(self) -> MailboxStore: ...
    @property
    def taste(self) -> TasteStore: ...
    @property
    def installations(self) -> InstallationStore: ...
    @property
    def history(self) -> HistoryStore: ...
    @property
    def actions(self) -> ActionStore: ...
    @property
    def admin(self) -> StoreAdmin: ...


class OpenStore(Protocol):
    """Makes a store; the composition root hands one over."""

    def __call__(self) -> AbstractAsyncContextManager[Store]: ...


# --- deliverers ----------------------------------------------------------------------------------


class Ability(StrEnum):
    """What a deliverer can do about a request whose fate was never learnt."""

    KEY = "key"  # the receiver drops repeats: send again under the same key
    READ_BACK = "read-back"  # the receiver can be asked: ask, then send only if absent
    NONE = "none"  # nothing: at most once


@dataclass(frozen=True, slots=True)
class Abilities:
    """What can be done about one message if its fate is never learnt."""

    ability: Ability
    key_window: timedelta = timedelta(0)  # with KEY: how long the receiver remembers a key
    reads_back: bool = False  # with KEY: once that time is over, the receiver can be asked

    @property
    def can_ask(self) -> bool:
        """Whether `find` may be called."""
        return self.reads_back or self.ability is Ability.READ_BACK


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a deliverer gets: everything about one message and nothing about schedules."""

    delivery_id: str
    key: str
    address: str
    doc: str  # JSON of a `bot.view.doc.Doc`
    created_at: datetime
    attempt: int  # from 1
    layout: Layout = Layout.COMPACT
    posting: Posting = PLAIN_POSTING


class Deliverer(Protocol):
    """Brings one message to one address of one surface.

    `send` returns the receiver's name for the message, or raises: `NotAcceptedError` only if it is certain
    that the message was not accepted (no connection, a 429, a 503 with Retry-After), `RefusedError` if it
    never will be, and `DoubtfulError` for everything else that may have arrived: a cut connection after
    the request, a time-out, a 500, an answer that cannot be read. Never retries by itself.
    """

    @property
    def surface(self) -> str: ...

    @property
    def request_timeout(self) -> timedelta:
        """The longest that one `ready` with its `send`, or one `find`, takes."""

    def abilities(self, parcel: Parcel) -> Abilities:
        """What can be done about this message; the same every time it is asked for the same parcel."""

    def check_address(self, address: str) -> str:
        """The address in its one normal form. Raises `InputError` with a sentence saying what is wrong."""

    async def ready(self, parcel: Parcel) -> None:
        """Returns when the receiver's pace allows this message; called before it counts as being sent, so
        that waiting leaves no doubt, and it binds one of the worker's hands. Raises `NotAcceptedError` with
        `retry_after` where that is not soon, and `RefusedError` as `send` does.
        """

    async def send(self, parcel: Parcel) -> str:
        """Sends what is ready; what was not asked about, or long ago, keeps the pace all the same."""

    async def find(self, parcel: Parcel) -> str | None:
        """Where the receiver can be asked: the receipt of that message if the receiver has it, `None` if
        certainly not. Raises `NotAcceptedError` if it cannot be asked now, `RefusedError` if never.
        """

    async def aclose(self) -> None: ...


# --- sources -------------------------------------------------------------------------------------


class Source(Protocol):
    """One upstream. Never raises `UpstreamError`: a failure is a poll with outcome FAILED."""

    @property
    def upstream(self) -> Upstream: ...

    def poll(self, subject: str) -> AsyncIterator[Poll]:
        """Asks for one subject; a long answer comes in several polls, each stored as it comes."""


__all__ = [
    "Abilities",
    "Ability",
    "ActionStore",
    "CheckReport",
    "Clock",
    "Coverage",
    "Deliverer",
    "DestinationStore",
    "EditionPlace",
    "EditionStore",
    "Ids",
    "ListGrowth",
    "NewDelivery",
    "OpenStore",
    "OutboxStore",
    "PaperStore",
    "Parcel",
    "Source",
    "SourceStore",
    "Store",
    "StoreAdmin",
]
