"""`paperboy ingest` and `sources`: fetching by hand, and how the sources are doing."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

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
from bot.cli.output import counted
from bot.config import Settings
from bot.errors import GarbledError, InputError
from bot.model import IngestReport, Outcome, Poll, SubjectState, Upstream
from bot.ports import Coverage, Store

if TYPE_CHECKING:
    from bot.sources.agenda import Question
    from bot.sources.overview import SourceLine


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("ingest")(ingest_command)
    app.command("sources")(sources_command)


# --- ingest --------------------------------------------------------------------------------------


def ingest_command(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A recorded daily list (JSON); without it, ask the upstreams."),
    ] = None,
    date: Annotated[str | None, typer.Option(help="The list's date, with FILE: YYYY-MM-DD.")] = None,
    observed_at: Annotated[str | None, typer.Option(help="When FILE was read upstream (UTC).")] = None,
    json_: JsonOption = False,
) -> None:
    """Fetch what the sources have now, or take in a recorded list."""
    from bot.logs import configure_logs

    settings = load_settings()
    configure_logs("error", settings.log_format)  # what could not be read is told at the end
    if file is not None:
        report, polls = _ingest_file(file, date, observed_at), list[Poll]()
    elif date is not None or observed_at is not None:
        raise InputError("--date and --observed-at say of what day FILE is, and when it was read: name FILE.")
    else:
        report, polls = run(_ingest_live(settings))
    failures = dict.fromkeys(poll.detail for poll in polls if poll.outcome is Outcome.FAILED)
    for failure in failures:
        warn(failure)
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
        new = counted(report.new, "new paper")
        say(f"{new}, {report.changed:,} changed, {counted(report.observations, 'new reading')}.")
    if failures and all(poll.outcome in {Outcome.FAILED, Outcome.EMPTY} for poll in polls):
        raise typer.Exit(1)  # nothing could be read: whoever runs this from a script must know


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
    try:
        poll = poll_from_body(body, f"daily:{day}", at)
    except GarbledError as error:
        raise InputError(f"{file} is not a recorded daily list ({str(error).rstrip('.')}).") from error
    if poll.skipped:
        warn(f"Not all of {file} was taken in: {poll.detail}")
    return with_store(lambda store: store.papers.ingest(poll, now()))


async def _ingest_live(settings: Settings) -> tuple[IngestReport, list[Poll]]:
    """What reading all sources once changed, and every answer they gave."""
    from bot.cli.progress import progress
    from bot.cli.running import surroundings
    from bot.sources.agenda import agenda, due
    from bot.wiring import habits, open_poller, open_store

    polls: list[Poll] = []
    async with open_store(settings) as store, open_poller(settings, store, surroundings()) as poller:
        questions = due(agenda(await store.sources.states(), habits(settings), now()), now())
        with progress("Asking the sources …", sum(not one.background for one in questions)) as listen:
            poller.on_poll(listen)
            poller.on_poll(polls.append)
            report = await poller.catch_up() + await poller.read_signals()
    return report, polls


# --- sources -------------------------------------------------------------------------------------


class _Facts(NamedTuple):
    """What the overview is made of."""

    states: Sequence[SubjectState]
    coverage: Coverage
    to_look_up: bool


def sources_command(json_: JsonOption = False) -> None:
    """Show each source: last success, last error, and what it is waiting for."""
    from bot.sources.agenda import agenda
    from bot.sources.overview import overview
    from bot.wiring import habits

    async def read(store: Store) -> _Facts:
        return _Facts(
            await store.sources.states(),
            await store.papers.coverage(),
            bool(await store.papers.unresolved(1)),
        )

    facts, usual, at = with_store(read), habits(load_settings()), now()
    questions = agenda(facts.states, usual, at, to_look_up=facts.to_look_up)
    if json_:
        print_json(_as_json(facts, questions))
    else:
        _show(facts, overview(facts.states, questions, usual, at), questions, at)


def _show(
    facts: _Facts, lines: "Sequence[SourceLine]", questions: "Sequence[Question]", at: datetime
) -> None:
    from bot.sources.agenda import lists_to_load
    from bot.sources.overview import coverage_sentence

    table(
        ["source", "what", "last success", "papers", "waiting for", "next"],
        [_row(line, at) for line in lines],
    )
    for line in lines:
        if line.last_error:
            since = f" (failing since {_time(line.failing_since, at)})" if line.failing_since else ""
            say(f"{line.upstream.label}, {line.subject}{since}: {line.last_error}")
    coverage = facts.coverage
    say(f"{coverage.papers:,} papers; {coverage.lists:,} daily lists. Times are UTC.")
    if (sentence := coverage_sentence(coverage, lists_to_load(questions))) is not None:
        say(sentence)


def _row(line: "SourceLine", at: datetime) -> list[str]:
    at_once = line.next_at is not None and line.next_at <= at
    never = "" if line.next_at is None else "never"
    return [
        line.upstream.label,
        line.subject,
        never if line.last_success_at is None else _time(line.last_success_at, at),
        "" if line.papers is None else f"{line.papers:,}",
        line.waiting,
        "now" if at_once else _time(line.next_at, at),
    ]


def _time(instant: datetime | None, at: datetime) -> str:
    """An instant in UTC, with its date where that is not today's."""
    if instant is None:
        return ""
    day = "" if instant.date() == at.date() else f"{instant:%a} {instant.day} {instant:%b} "
    return f"{day}{instant:%H:%M}"


def _as_json(facts: _Facts, questions: "Sequence[Question]") -> dict[str, object]:
    """The overview for programs, subject by subject; a stable form."""
    from bot.sources.agenda import lists_to_load

    known = {(one.upstream, one.subject): one for one in facts.states}
    pairs = [(one, known.get(one.key)) for one in questions]
    on = {one.upstream for one in questions}
    return {
        "sources": [
            {
                "upstream": question.upstream.value,
                "subject": question.subject,
                "last_success_at": state.last_success_at if state else None,
                "failing_since": state.failing_since if state else None,
                "last_error": state.last_error if state else None,
                "papers": state.papers if state else 0,
                "waiting_for": question.waiting.value,
                "next_at": question.due_at,
            }
            for question, state in pairs
            if not question.background or (state is not None and state.failing_since is not None)
        ],
        "switched_off": sorted(
            upstream.value for upstream in Upstream if upstream not in {*on, Upstream.IMPORT, Upstream.SAMPLE}
        ),
        "lists_to_load": lists_to_load(questions),
        "papers": facts.coverage.papers,
        "lists": facts.coverage.lists,
        "oldest_list": facts.coverage.oldest_list,
        "newest_list": facts.coverage.newest_list,
    }
