"""`paperboy trending`: the day's papers, or any past instant's, ranked and explained."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.cli.common import JsonOption, instant, now, print_json, say, warn, with_store
from bot.model import Paper, Ranking, Window
from bot.ports import Coverage, Store


@dataclass(frozen=True, slots=True)
class Shown:
    """A ranking with its papers, and what the store covers."""

    ranking: Ranking
    papers: dict[int, Paper]
    coverage: Coverage


async def gather(store: Store, window: Window, as_of: datetime, size: int) -> Shown:
    """Ranks, and fetches what is shown of each paper."""
    from bot.trending.replay import trending

    ranking = await trending(store.papers, window, as_of, size)
    papers = await store.papers.get(entry.paper_id for entry in ranking.entries)
    return Shown(ranking, papers, await store.papers.coverage())


def show(shown: Shown, *, width: int | None = None) -> None:
    """Prints a ranking for a person."""
    from bot.editions.digest import summary_of
    from bot.view.text import short_authors

    ranking = shown.ranking
    say(f"Trending papers · {ranking.window} · as of {ranking.as_of:%a %d %b %Y %H:%M} UTC")
    say(f"first listed, or risen, since {ranking.since:%a %d %b %H:%M} UTC")
    for entry in ranking.entries:
        paper = shown.papers[entry.paper_id]
        say()
        say(f"{entry.position:>3}. {paper.title}")
        summary, written_by = summary_of(paper)
        if summary:
            say(f"     {summary}  [{written_by}]")
        say(f"     {'; '.join(entry.reasons)}")
        facts = [short_authors(paper.authors), paper.organization, paper.url, paper.code_url]
        say("     " + " · ".join(fact for fact in facts if fact))
    del width


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
        },
        "papers": [
            {
                "position": entry.position,
                "id": entry.key,
                "title": shown.papers[entry.paper_id].title,
                "url": shown.papers[entry.paper_id].url,
                "authors": list(shown.papers[entry.paper_id].authors),
                "categories": list(shown.papers[entry.paper_id].categories or ()),
                "score": entry.score,
                "components": [part._asdict() for part in entry.components],
                "reasons": list(entry.reasons),
                "new": entry.new,
            }
            for entry in ranking.entries
        ],
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
        at = instant(as_of) if as_of else now()
        shown = with_store(lambda store: gather(store, window, at, limit))
        if json_:
            print_json(as_json(shown))
            return
        if shown.ranking.entries:
            show(shown)
        elif not shown.coverage.papers:
            warn("Nothing was fetched yet. `paperboy run` or `paperboy ingest` fetches the day's papers.")
        else:
            warn(
                f"Nothing was trending then, as far as was observed: {shown.coverage.papers:,} papers, "
                f"lists from {shown.coverage.oldest_list} to {shown.coverage.newest_list}."
            )
