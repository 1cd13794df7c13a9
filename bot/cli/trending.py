"""`paperboy trending`: the day's papers, or any past instant's, ranked and explained."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.common import JsonOption, load_settings, local, now, past_instant, print_json, warn, with_store
from bot.cli.output import counted, paragraph
from bot.config import Settings
from bot.model import Paper, Ranked, Ranking, Upstream, Window
from bot.ports import Coverage, Store
from bot.view.doc import Span

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True)
class Shown:
    """A ranking with its papers, and what the store covers."""

    ranking: Ranking
    papers: dict[int, Paper]
    coverage: Coverage
    loading: str | None = None  # what the answer covers, while it is not yet all that it depends on

    @property
    def entries(self) -> list[tuple[Ranked, Paper]]:
        """Each place with its paper; one that was merged into another since it was ranked is left out."""
        return [
            (entry, self.papers[entry.paper_id])
            for entry in self.ranking.entries
            if entry.paper_id in self.papers
        ]


async def gather(store: Store, window: Window, as_of: datetime, size: int) -> Shown:
    """Ranks, and fetches what is shown of each paper."""
    from bot.trending.replay import trending

    ranking = await trending(store.papers, window, as_of, size)
    papers = await store.papers.get(entry.paper_id for entry in ranking.entries)
    return Shown(ranking, papers, await store.papers.coverage())


async def covered(store: Store, shown: Shown, settings: Settings, at: datetime) -> Shown:
    """The same, with what it covers as of `at` if lists that it depends on are still to be read."""
    from bot.sources.agenda import agenda, lists_to_load
    from bot.sources.overview import coverage_sentence
    from bot.wiring import habits

    questions = agenda(await store.sources.states(), habits(settings), at)
    if not lists_to_load(questions, shown.ranking.since, shown.ranking.as_of):
        return shown
    return replace(shown, loading=coverage_sentence(shown.coverage, lists_to_load(questions)))


def present(shown: Shown, *, then: bool = False) -> None:
    """Prints a ranking for a person, or says why there is none; `then`: it is of a past instant."""
    known = shown.coverage
    if shown.ranking.entries:
        show(shown)
    elif not known.papers:
        warn("Nothing was fetched yet. `paperboy run` or `paperboy ingest` fetches the day's papers.")
    else:
        lists = f", lists from {known.oldest_list} to {known.newest_list}" if known.lists else ""
        when = "was trending then" if then else "is trending now"
        warn(f"Nothing {when}, as far as was observed: {counted(known.papers, 'paper')}{lists}.")
        if shown.loading is not None:
            warn(shown.loading)


def show(shown: Shown, console: "Console | None" = None) -> None:
    """Prints a ranking for a person: on `console`, or where standard output leads."""
    ranking = shown.ranking
    sample = any(paper.text_from is Upstream.SAMPLE for paper in shown.papers.values())
    title = "Sample papers" if sample else f"Trending papers of the {ranking.window}"
    heading = Span(f"{title} · as of {local(ranking.as_of, 'UTC')} UTC", strong=True)
    paragraph(heading, console=console)
    since = f"first listed, or risen, since {local(ranking.since, 'UTC', ranking.as_of)} UTC"
    paragraph(Span(since, emphasis=True), console=console)
    for entry, paper in shown.entries:
        _show_paper(entry, paper, console)
    if shown.loading is not None:
        paragraph(console=console)
        paragraph(Span(shown.loading, emphasis=True), console=console)


def _show_paper(entry: Ranked, paper: Paper, console: "Console | None") -> None:
    from bot.editions.digest import summary_of
    from bot.view.text import short_authors

    number = f"{entry.position:>3}. "
    indent = " " * len(number)
    paragraph(console=console)
    paragraph(Span(paper.title, paper.url, strong=True), first=number, console=console)
    summary, written_by = summary_of(paper)
    if summary:
        origin = Span(f" [{written_by}]", emphasis=True)
        paragraph(Span(summary), origin, first=indent, console=console)
    paragraph(Span("; ".join(entry.reasons)), first=indent, console=console)
    names = (short_authors(paper.authors), paper.organization or "")
    links = [Span(address, address) for address in (paper.url, paper.code_url) if address]
    found = [*(Span(name) for name in names if name), *links]
    spans = [part for fact in found for part in (Span(" · "), fact)][1:]
    paragraph(*(replace(span, emphasis=True) for span in spans), first=indent, console=console)


def as_json(shown: Shown) -> dict[str, Any]:
    """A ranking for programs; a stable form."""
    ranking = shown.ranking
    return {
        "window": ranking.window.value,
        "as_of": ranking.as_of,
        "since": ranking.since,
        "coverage": {
            "papers": shown.coverage.papers,
            "lists": shown.coverage.lists,
            "oldest_list": shown.coverage.oldest_list,
            "newest_list": shown.coverage.newest_list,
            "loading": shown.loading is not None,
        },
        "papers": [_entry_json(entry, paper) for entry, paper in shown.entries],
    }


def _entry_json(entry: Ranked, paper: Paper) -> dict[str, Any]:
    from bot.editions.digest import summary_of

    summary, written_by = summary_of(paper)
    return {
        "position": entry.position,
        "id": entry.key,
        "title": paper.title,
        "url": paper.url,
        "authors": list(paper.authors),
        "categories": list(paper.categories or ()),
        "summary": summary,
        "summary_from": written_by,
        "score": entry.score,
        "components": [part._asdict() for part in entry.components],
        "reasons": list(entry.reasons),
        "new": entry.new,
    }


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""

    @app.command("trending")
    def trending_command(
        window: Annotated[Window, typer.Option(help="How far back to look.")] = Window.DAY,
        as_of: Annotated[
            str | None,
            typer.Option(help="Show what was trending at this instant, e.g. 2025-11-20T09:00 (UTC)."),
        ] = None,
        limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many papers.")] = 10,
        json_: JsonOption = False,
    ) -> None:
        """Show the trending papers, ranked and explained, now or at any past instant."""
        at = past_instant(as_of) if as_of else now()
        settings = load_settings()

        async def answer(store: Store) -> Shown:
            return await covered(store, await gather(store, window, at, limit), settings, now())

        shown = with_store(answer)
        if json_:
            print_json(as_json(shown))
            return
        present(shown, then=as_of is not None)
