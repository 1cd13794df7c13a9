"""`paperboy edition`: the record, as it was frozen, made again, and compared."""

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from bot.cli.common import (
    JsonOption,
    existing_database,
    instant,
    load_settings,
    local,
    now,
    past_instant,
    print_json,
    say,
    with_store,
)
from bot.cli.output import counted, paragraph
from bot.errors import InputError, NotFoundError
from bot.model import Edition, Paper, PaperSeries, Ranked, Ranking, Window
from bot.ports import Store
from bot.view.doc import Span

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.editions.changes import Change
    from bot.editions.verify import Verified

T = TypeVar("T")

app = typer.Typer(help="Look at editions, make them again, and compare them.", no_args_is_help=True)

WindowOption = Annotated[Window, typer.Option(help="How far back the edition looks.")]
AtOption = Annotated[
    str | None,
    typer.Option(
        help="The latest edition by this instant, e.g. 2025-11-20T09:00 (UTC); unless said, by now."
    ),
]
SlotOption = Annotated[str | None, typer.Option(help="The edition of exactly this appointment (UTC).")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many papers.")]

_DIFFERENCES: Final = 10  # of one edition that are shown


@app.callback()
def _group() -> None:
    """Look at editions, make them again, and compare them."""


@app.command()
def show(
    window: WindowOption = Window.DAY,
    at: AtOption = None,
    slot: SlotOption = None,
    limit: LimitOption = 10,
    json_: JsonOption = False,
) -> None:
    """Show an edition as it was frozen, with what each score is made of."""

    async def read(store: Store) -> "tuple[Edition, Mapping[int, Paper]]":
        edition = await _find(store, window, at, slot)
        return edition, await store.papers.get(entry.paper_id for entry in edition.ranking.entries)

    edition, papers = _from_store(read)
    if json_:
        print_json(_edition_json(edition, papers, limit))
    else:
        _show(edition, papers, limit)


@app.command()
def verify(
    window: WindowOption = Window.DAY,
    at: AtOption = None,
    slot: SlotOption = None,
    every: Annotated[bool, typer.Option("--all", help="All editions of the window.")] = False,
    json_: JsonOption = False,
) -> None:
    """Make an edition again from the store, and compare the two; status 1 if they differ."""
    from bot.editions.verify import verify as verified

    async def work(store: Store) -> "Sequence[Verified]":
        if not every:
            return [await verified(store, await _find(store, window, at, slot))]
        found = [await store.editions.get(window, one) for one in await store.editions.slots(window)]
        return [await verified(store, edition) for edition in found if edition is not None]

    checked = _from_store(work)
    if json_:
        print_json([_verified_json(one) for one in checked])
    else:
        _say_verified(window, checked)
    if not all(one.same for one in checked):
        raise typer.Exit(1)


@app.command()
def diff(
    earlier: Annotated[str, typer.Argument(metavar="A", help="An instant, e.g. 2025-11-20T09:00 (UTC).")],
    later: Annotated[str, typer.Argument(metavar="B", help="A later one.")],
    window: WindowOption = Window.DAY,
    limit: LimitOption = 10,
    json_: JsonOption = False,
) -> None:
    """Explain what changed between two instants, and why each paper rose or fell."""
    one, other = instant(earlier), past_instant(later)
    if other <= one:
        raise InputError(f"{later} is not after {earlier}. Name the earlier instant first.")

    async def compare(store: Store) -> "tuple[Ranking, Ranking, Sequence[Change], Mapping[int, Paper]]":
        from bot.editions.changes import changes
        from bot.editions.make import EDITION_SIZE
        from bot.trending.replay import trending

        before = await trending(store.papers, window, one, EDITION_SIZE)
        after = await trending(store.papers, window, other, EDITION_SIZE)
        numbers = {entry.paper_id for entry in (*before.entries, *after.entries)}
        series: dict[int, PaperSeries] = {
            paper.paper_id: paper for paper in await store.papers.series_of(numbers, other)
        }
        return before, after, changes(before, after, series, limit), await store.papers.get(numbers)

    before, after, found, papers = _from_store(compare)
    if json_:
        print_json(
            {
                "window": window.value,
                "from": {"as_of": before.as_of, "since": before.since, "papers": len(before.entries)},
                "to": {"as_of": after.as_of, "since": after.since, "papers": len(after.entries)},
                "changes": [_change_json(change, papers) for change in found],
            }
        )
    else:
        _say_changes(before, after, found, papers)


# --- finding -------------------------------------------------------------------------------------


def _from_store(work: "Callable[[Store], Awaitable[T]]") -> T:
    """What `work` finds in the store. Raises `NotFoundError` where there is none yet."""
    settings = load_settings()
    existing_database(settings)
    return with_store(work, settings)


async def _find(store: Store, window: Window, at: str | None, slot: str | None) -> Edition:
    """The edition that is asked for. Raises `InputError`, `NotFoundError`."""
    if at is not None and slot is not None:
        raise InputError("--at and --slot name two editions. Say one of them.")
    if slot is not None:
        found, asked = await store.editions.get(window, instant(slot)), ("of", slot)
    else:
        by = now() if at is None else instant(at)
        found, asked = await store.editions.latest(window, by), ("by", at or "now")
    if found is None:
        raise NotFoundError(
            f"edition of the {window} {asked[0]}",
            asked[1],
            "One is made when a digest is due; `paperboy trending --as-of` ranks any other instant.",
        )
    return found


# --- people --------------------------------------------------------------------------------------


def _show(edition: Edition, papers: "Mapping[int, Paper]", limit: int) -> None:
    from bot.editions.digest import source_note
    from bot.schedule.zones import zone_info

    ranking = edition.ranking
    paragraph(Span(f"Edition of the {ranking.window} · {local(edition.slot_at, 'UTC')} UTC", strong=True))
    since = local(ranking.since, "UTC", ranking.as_of)
    made = f"made at {ranking.as_of:%H:%M:%S}, of what came or rose since {since} UTC"
    paragraph(Span(f"{made}: {counted(len(ranking.entries), 'paper')}", emphasis=True))
    for note in edition.notes:
        paragraph(Span(source_note(note, zone_info("UTC")), emphasis=True))
    for entry in ranking.entries[:limit]:
        number = f"{entry.position:>3}. "
        indent = " " * len(number)
        paper = papers.get(entry.paper_id)
        say()
        paragraph(Span(_title(entry, papers), paper.url if paper else None, strong=True), first=number)
        paragraph(Span("; ".join(entry.reasons)), first=indent)
        parts = ", ".join(f"{part.name} {part.amount:+,} = {part.points:g}" for part in entry.components)
        paragraph(Span(f"score {entry.score:g}: {parts} · {entry.key}", emphasis=True), first=indent)


def _say_verified(window: Window, checked: "Sequence[Verified]") -> None:
    for one in checked:
        told = list(one.differences())
        if told:
            say(
                f"The edition of the {window} of {local(one.edition.slot_at, 'UTC')} UTC comes out otherwise:"
            )
            for line in told[:_DIFFERENCES]:
                paragraph(Span(line), first="  ")
            if len(told) > _DIFFERENCES:
                say(f"  … and {len(told) - _DIFFERENCES} more.")
    same = sum(one.same for one in checked)
    editions = counted(len(checked), "edition")
    say(f"{same} of {editions} made again, the same to the last bit.")


def _say_changes(
    before: Ranking, after: Ranking, found: "Sequence[Change]", papers: "Mapping[int, Paper]"
) -> None:
    heading = f"{local(before.as_of, 'UTC')} to {local(after.as_of, 'UTC')} UTC"
    paragraph(Span(f"Trending papers of the {after.window} · {heading}", strong=True))
    if before.since != after.since:
        moved = f"from {local(before.since, 'UTC', after.as_of)} to {local(after.since, 'UTC', after.as_of)}"
        paragraph(Span(f"the beginning of the window moved {moved} UTC", emphasis=True))
    for change in found:
        number = f"{change.after.position:>3}. " if change.after else "  -  "
        say()
        paragraph(Span(_title(change.entry, papers), strong=True), first=number)
        paragraph(Span(change.why), first=" " * len(number))
    if not found:
        say("Nothing was trending at either instant, past_instant, as far as was observed.")


def _title(entry: Ranked, papers: "Mapping[int, Paper]") -> str:
    paper = papers.get(entry.paper_id)
    return entry.key if paper is None else paper.title


# --- programs ------------------------------------------------------------------------------------


def _edition_json(edition: Edition, papers: "Mapping[int, Paper]", limit: int) -> dict[str, Any]:
    ranking = edition.ranking
    return {
        "window": ranking.window.value,
        "slot_at": edition.slot_at,
        "as_of": ranking.as_of,
        "since": ranking.since,
        "size": len(ranking.entries),
        "notes": [{"upstream": note.upstream.value, "down_since": note.down_since} for note in edition.notes],
        "papers": [
            {
                "position": entry.position,
                "id": entry.key,
                "title": _title(entry, papers),
                "score": entry.score,
                "components": [part._asdict() for part in entry.components],
                "reasons": list(entry.reasons),
                "new": entry.new,
            }
            for entry in ranking.entries[:limit]
        ],
    }


def _verified_json(one: "Verified") -> dict[str, Any]:
    ranking = one.edition.ranking
    return {
        "window": ranking.window.value,
        "slot_at": one.edition.slot_at,
        "as_of": ranking.as_of,
        "papers": len(ranking.entries),
        "same": one.same,
        "differences": list(one.differences()),
    }


def _change_json(change: "Change", papers: "Mapping[int, Paper]") -> dict[str, Any]:
    def place(entry: Ranked | None) -> dict[str, Any] | None:
        return None if entry is None else {"position": entry.position, "score": entry.score}

    return {
        "id": change.entry.key,
        "title": _title(change.entry, papers),
        "move": change.move.value,
        "from": place(change.before),
        "to": place(change.after),
        "upvotes_gained": change.gained,
        "why": change.why,
    }
