"""`paperboy run`, `once`, `ingest`, `sources` and `health`: the bot itself."""

import asyncio
import contextlib
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.common import (
    JsonOption,
    instant,
    load_settings,
    now,
    print_json,
    run,
    say,
    table,
    warn,
    with_store,
)
from bot.config import Settings
from bot.errors import InputError, UnreachableError
from bot.model import IngestReport, Outcome, SubjectState, Upstream, Window
from bot.ports import Coverage, Store

if TYPE_CHECKING:
    from bot.app import Paperboy
    from bot.sources.agenda import Question
    from bot.wiring import Surroundings

_FRESH: Final = timedelta(minutes=2)
_SHOWN: Final = 10


def surroundings() -> "Surroundings":
    """The real clock, chance and terminal."""
    from bot.system import RandomIds, SystemClock
    from bot.wiring import Surroundings

    return Surroundings(SystemClock(), RandomIds(), random.SystemRandom(), sys.stdout)


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("run")(run_command)
    app.command("once")(once_command)
    app.command("ingest")(ingest_command)
    app.command("sources")(sources_command)
    app.command("health")(health_command)


def run_command() -> None:
    """Run the bot: fetch, rank, and send what is due, until it is stopped (Ctrl-C)."""
    from bot.logs import configure_logs

    settings = load_settings()
    configure_logs("error", settings.log_format)  # the welcome says by itself what it meets
    run(_run(settings))


async def _run(settings: Settings) -> None:
    from bot.logs import configure_logs
    from bot.wiring import assemble

    async with assemble(settings, surroundings()) as bot:
        with _stopped_by_signals(bot):
            await _welcome(bot, settings)
            configure_logs(settings.log_level, settings.log_format)
            await bot.run()


async def _welcome(bot: "Paperboy", settings: Settings) -> None:
    """What a person sees first: the day's papers, where they come from, and what to do next."""
    from bot.cli.trending import Shown, gather, show
    from bot.sources.samples import sample_ranking

    at = bot.clock.now()
    coverage = await bot.store.papers.coverage()
    if not coverage.papers:
        warn(f"Fetching the day's papers from {settings.hf_endpoint} …")
        failure = await bot.first_fetch()
        at = bot.clock.now()
        if failure is not None:
            warn(f"{failure} Nothing is stored yet, so these are invented samples; they are sent nowhere.")
            ranking, papers = sample_ranking(at)
            show(Shown(ranking, papers, coverage))
            say()
            warn("Running, and asking again until there are real papers; Ctrl-C stops.")
            return
    shown = await gather(bot.store, Window.DAY, at, _SHOWN)
    show(shown)
    say()
    destinations = await bot.store.destinations.list()
    if not destinations:
        warn("Nothing is sent yet. `paperboy destination add NAME console` (or a webhook) says where.")
    warn("Running; Ctrl-C stops.")


@contextlib.contextmanager
def _stopped_by_signals(bot: "Paperboy") -> Iterator[None]:
    """SIGTERM and Ctrl-C end the bot in order; a second one ends it at once."""
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        warn("Stopping: what is under way is finished first.")
        bot.stop()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)


def once_command() -> None:
    """Catch up, send what is due, and exit: for cron and CI."""
    from bot.logs import configure_logs

    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)

    async def work() -> tuple[int, int]:
        from bot.wiring import assemble

        async with assemble(settings, surroundings()) as bot:
            return await bot.once()

    queued, tried = run(work())
    say(f"{queued} {'digest' if queued == 1 else 'digests'} written, {tried} deliveries handled.")


def ingest_command(
    file: Annotated[
        Path | None,
        typer.Argument(help="A recorded daily list (JSON); without it, ask the upstreams."),
    ] = None,
    date: Annotated[str | None, typer.Option(help="The list's date, with FILE: YYYY-MM-DD.")] = None,
    observed_at: Annotated[str | None, typer.Option(help="When FILE was read upstream (UTC).")] = None,
    json_: JsonOption = False,
) -> None:
    """Fetch what the sources have now, or take in a recorded list."""
    settings = load_settings()
    report = _ingest_file(file, date, observed_at) if file is not None else run(_ingest_live(settings))
    if json_:
        print_json(
            {
                "new": report.new,
                "changed": report.changed,
                "merged": report.merged,
                "observations": report.observations,
            }
        )
    else:
        say(f"{report.new} new papers, {report.changed} changed, {report.observations} new readings.")


def _ingest_file(file: Path, date: str | None, observed_at: str | None) -> IngestReport:
    import datetime as dt

    from bot.sources.huggingface import poll_from_body

    try:
        body = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    at = instant(observed_at) if observed_at else now()
    try:
        day = dt.date.fromisoformat(date) if date else at.date()
    except ValueError:
        raise InputError(f"{date!r} is no date. Write it like 2025-11-20.") from None
    poll = poll_from_body(body, f"daily:{day}", at)
    if poll.skipped:
        warn(f"{poll.skipped} rows could not be read and were left out: {poll.detail}")
    return with_store(lambda store: store.papers.ingest(poll, now()))


async def _ingest_live(settings: Settings) -> IngestReport:
    from bot.wiring import open_poller, open_store

    failures: list[str] = []
    async with open_store(settings) as store, open_poller(settings, store, surroundings()) as poller:
        poller.on_poll(lambda poll: failures.append(poll.detail) if poll.outcome is Outcome.FAILED else None)
        report = await poller.catch_up()
    for failure in dict.fromkeys(failures):
        warn(failure)
    return report


def sources_command(json_: JsonOption = False) -> None:
    """Show each source: last success, last error, and what it is waiting for."""
    from bot.sources.agenda import agenda
    from bot.wiring import habits

    settings = load_settings()
    at = now()

    async def read(store: Store) -> tuple[Sequence[SubjectState], Coverage]:
        return await store.sources.states(), await store.papers.coverage()

    states, coverage = with_store(read)
    questions = {(one.upstream, one.subject): one for one in agenda(states, habits(settings), at)}
    known = {(one.upstream, one.subject): one for one in states}
    waiting_lists = sum(one.background for one in questions.values())
    keys = sorted(
        {key for key, one in questions.items() if not one.background}
        | {k for k, s in known.items() if s.failing_since}
    )
    if json_:
        rows = [_source_json(key, known.get(key), questions.get(key)) for key in keys]
        print_json({"sources": rows, "lists_to_load": waiting_lists, "papers": coverage.papers})
        return
    table(
        ["source", "subject", "last success", "papers", "waiting for", "next", "last error"],
        [_source_row(key, known.get(key), questions.get(key), at) for key in keys],
    )
    say(f"{coverage.papers:,} papers; {coverage.lists:,} daily lists. Times are UTC.")
    if waiting_lists:
        say(f"Still loading: {waiting_lists:,} older lists are to be read.")


_Key = tuple[Upstream, str]


def _source_json(key: _Key, state: SubjectState | None, question: "Question | None") -> dict[str, object]:
    return {
        "upstream": key[0].value,
        "subject": key[1],
        "last_success_at": state.last_success_at if state else None,
        "failing_since": state.failing_since if state else None,
        "last_error": state.last_error if state else None,
        "papers": state.papers if state else 0,
        "waiting_for": question.waiting.value if question else None,
        "next_at": question.due_at if question else None,
    }


def _source_row(
    key: _Key, state: SubjectState | None, question: "Question | None", at: datetime
) -> list[str]:
    success = state.last_success_at if state else None
    due_at = question.due_at if question else None
    return [
        key[0].label,
        key[1],
        f"{success:%a %d %b %H:%M}" if success else "never",
        str(state.papers if state else 0),
        question.waiting.value if question else "",
        f"{due_at:%a %H:%M}" if due_at and due_at > at else "now",
        (state.last_error if state else None) or "",
    ]


def health_command() -> None:
    """Say whether the running bot shows signs of life; status 1 if not: for a container's health check."""
    from bot.app import heartbeat_age

    age = heartbeat_age(load_settings().home, now())
    if age is None or age > _FRESH:
        since = (
            "never showed any" if age is None else f"showed the last {age.total_seconds() / 60:.0f} min ago"
        )
        raise UnreachableError("The bot", f"shows no sign of life: it {since}. Start it with `paperboy run`.")
    say("The bot is running.")
