"""What is counted, in Prometheus' form: how much happened, never to whom, and never what was searched for."""

from datetime import datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from bot.model import Poll
from bot.ports import Store
from bot.vitals import Vitals

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics:
    """The counters of one process; what the store knows is asked of it when they are read."""

    def __init__(self, store: Store, vitals: Vitals) -> None:
        self._store = store
        self._vitals = vitals
        self._registry = registry = CollectorRegistry()  # of its own: several bots may live in one process
        self._polls = Counter(
            "paperboy_polls", "Readings of a source.", ("upstream", "outcome"), registry=registry
        )
        self._read = Counter("paperboy_papers_read", "Papers told of.", ("upstream",), registry=registry)
        self._commands = _durations("paperboy_command_seconds", "Answers to commands.", "command", registry)
        self._searches = _durations("paperboy_search_seconds", "Searches.", None, registry)
        self._pages = _durations("paperboy_page_seconds", "Pages shown.", "page", registry)
        self._statuses = Counter(
            "paperboy_page_answers", "Answers to readers.", ("page", "status"), registry=registry
        )
        self._papers = Gauge("paperboy_papers", "Papers stored.", registry=registry)
        self._deliveries = Gauge(
            "paperboy_deliveries", "Messages stored.", ("surface", "state"), registry=registry
        )
        self._alive = Gauge("paperboy_alive", "Whether all is well: 1 or 0.", registry=registry)
        self._last_tick = Gauge(
            "paperboy_last_tick_timestamp_seconds", "The last look at the schedule.", registry=registry
        )
        self._last_poll = Gauge(
            "paperboy_last_poll_timestamp_seconds", "The last reading of a source.", registry=registry
        )

    def polled(self, poll: Poll) -> None:
        """A poll was stored."""
        self._polls.labels(poll.upstream.value, poll.outcome.value).inc()
        self._read.labels(poll.upstream.value).inc(len(poll.readings))

    def answered(self, command: str, took: timedelta) -> None:
        """A command, or a button, was answered; `command` is a name of ours."""
        self._commands.labels(command).observe(took.total_seconds())

    def searched(self, took: timedelta) -> None:
        """A search was made, wherever."""
        self._searches.observe(took.total_seconds())

    def shown(self, page: str, status: int, took: timedelta) -> None:
        """A page was answered; `page` is the name of its route."""
        self._pages.labels(page).observe(took.total_seconds())
        self._statuses.labels(page, str(status)).inc()

    async def exposition(self) -> bytes:
        """All of them as text. Raises `StorageError`."""
        self._papers.set((await self._store.papers.coverage()).papers)
        self._deliveries.clear()
        for (surface, state), count in (await self._store.outbox.counts_by_surface()).items():
            self._deliveries.labels(surface, state.value).set(count)
        health = self._vitals.health()
        self._alive.set(health.alive)
        self._last_tick.set(_seconds(health.last_tick))
        self._last_poll.set(_seconds(health.last_poll))
        return generate_latest(self._registry)


def _durations(name: str, what: str, label: str | None, registry: CollectorRegistry) -> Histogram:
    labels = () if label is None else (label,)
    return Histogram(name, what, labels, buckets=_SECONDS, registry=registry)


def _seconds(instant: datetime | None) -> float:
    return 0.0 if instant is None else instant.timestamp()
