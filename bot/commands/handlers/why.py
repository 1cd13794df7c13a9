"""`why`: a paper's place explained from everything that was read of it."""

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from bot.commands.actions import Verb
from bot.commands.model import Call, Picture, Place, Press, Reply, Update
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.view import buttons, counted, heading, key_of, note, paper_buttons, sentence
from bot.editions.digest import short_instant
from bot.errors import DrawingError, NotFoundError
from bot.model import Paper, PaperSeries, Ranking, Series, Signal, Window, from_utc_ms, utc_ms
from bot.schedule.zones import zone_info
from bot.trending.explain import GROUP_DAYS, GROUP_LEAST, Comparison, age_known, last_age
from bot.trending.score import Scored, score
from bot.view.doc import Block, Doc, Section, Span

_MOST_READINGS: Final = 16  # of one number that are listed one by one
_HOUR: Final = 3_600_000
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._]+")
_LABELS: Final = {
    Signal.UPVOTES: "Upvotes",
    Signal.COMMENTS: "Comments",
    Signal.STARS: "Stars",
    Signal.HN_POINTS: "Points",
    Signal.HN_COMMENTS: "Comments",
    Signal.CITATIONS: "Citations",
}
_GAINED: Final = {
    Signal.UPVOTES: ("upvote", "upvotes"),
    Signal.STARS: ("GitHub star", "GitHub stars"),
    Signal.HN_POINTS: ("point on Hacker News", "points on Hacker News"),
}


async def why(call: Call, services: Services, surface: Surface) -> Reply:
    """Explains the place of the paper that is named."""
    paper = await services.paper(call.paper("paper"))
    reply = await _explained(services, paper, await services.zone_of(call.actor))
    return await _illustrated(services, paper, reply, call.place, surface)


async def why_here(press: Press, services: Services, surface: Surface) -> Reply:
    """The same, from a button."""
    paper = await services.paper(key_of(press.argument))
    reply = await _explained(services, paper, await services.zone_of(press.actor))
    return await _illustrated(services, paper, reply, press.place, surface)


async def _illustrated(
    services: Services, paper: Paper, reply: Reply, place: Place, surface: Surface
) -> Reply:
    """The same with the plot behind it, for which nobody waits, where it can be shown."""
    if not await surface.shows_pictures(place):
        return reply
    return replace(reply, later=partial(_plotted, services, paper, reply.doc))


async def _plotted(services: Services, paper: Paper, doc: Doc) -> AsyncGenerator[Update]:
    try:
        trend = await services.plots.paper(paper.ids[0])
    except NotFoundError:  # there is nothing to be seen
        return
    try:
        content = await services.plots.png(trend)
    except DrawingError as error:
        told = note(str(error))
        yield Update(whole=replace(doc, blocks=(*doc.blocks, told)), news=Doc((told,), str(error)))
        return
    yield Update(
        whole=doc,
        news=None,
        picture=Picture(
            name=f"{_NOT_IN_NAMES.sub('-', paper.key)}.png",
            media_type="image/png",
            content=content,
            alternative=services.plots.alternative(trend),
        ),
    )


async def _explained(services: Services, paper: Paper, zone: str) -> Reply:
    now = services.clock.now()
    found = await services.store.papers.series_of([paper.id], now)
    blocks: list[Block] = [heading(Span(paper.title, paper.url, strong=True))]
    if not found or not found[0].signals:
        blocks.append(sentence("No source has told a number of this paper yet, so it cannot trend."))
    else:
        series = found[0]
        blocks += [sentence(place(series, await services.rankings.now(one), zone)) for one in Window]
        blocks.append(sentence(compared(series, await services.rankings.usual(), now)))
        blocks.append(Section((Span("Every number that was read", strong=True),)))
        blocks += [
            note(Span(f"{_LABELS[signal]}, {upstream.label}: ", strong=True), readings(numbers, zone))
            for (signal, upstream), numbers in sorted(series.signals.items())
        ]
    blocks += buttons(*paper_buttons(paper.key, Verb.WHY))
    return Reply(doc=Doc(tuple(blocks), f"Why “{paper.title}” is where it is"))


def place(series: PaperSeries, ranking: Ranking, zone: str) -> str:
    """Where the paper stands in a window, or why it does not stand there. Pure."""
    name = f"Trending of the {ranking.window}"
    entry = next((one for one in ranking.entries if one.paper_id == series.paper_id), None)
    if entry is not None:
        points = f"score {entry.score:g}" if len(entry.components) > 1 else ""
        return (
            f"{name}: place {entry.position} of {len(ranking.entries)}. {_joined([*entry.reasons, points])}."
        )
    since = short_instant(ranking.since, zone_info(zone))
    scored = score(series, utc_ms(ranking.since))
    if scored is None:
        return f"{name}: not there. None of its numbers rose since {since}."
    last = f", and place {len(ranking.entries)} has {ranking.entries[-1].score:g}" if ranking.entries else ""
    return f"{name}: not there. It gained {_gained(scored)} since {since}{last}."


def compared(series: PaperSeries, group: Comparison, as_of: datetime) -> str:
    """How the paper's upvotes compare with those of others at its age. Pure."""
    if not age_known(series):
        return "It was on its list when that was first read: its age is not known, so no pace is claimed."
    age = last_age(series, utc_ms(as_of))
    usual = group.usual(age, series.paper_id)
    if usual is None:
        return f"Fewer than {GROUP_LEAST} papers were watched to its age, too few to say what is usual."
    hours = f"{age // _HOUR} h" if age >= _HOUR else f"{max(age // 60_000, 1)} min"
    return (
        f"At its age of {hours}, papers usually have {usual.upvotes:g} "
        f"{'upvote' if usual.upvotes == 1 else 'upvotes'} "
        f"({usual.papers:,} papers of the last {GROUP_DAYS} days)."
    )


def readings(series: Series, zone: str) -> str:
    """Every change of one number, with when it was read; of very many the first and the last ones. Pure."""
    points = series.points()
    clock = zone_info(zone)
    shown = [f"{value:,} ({short_instant(from_utc_ms(at), clock)})" for at, value in points]
    left_out = len(shown) - _MOST_READINGS
    if left_out > 0:
        head = _MOST_READINGS // 4
        shown[head : -(_MOST_READINGS - head)] = [f"… {counted(left_out, 'more change')} …"]
    return ", ".join(shown)


def _gained(scored: Scored) -> str:
    amounts = [
        f"{part.amount:,} {_GAINED[Signal(part.name)][part.amount != 1]}" for part in scored.components
    ]
    return f"{' and '.join(amounts)} (score {scored.score:g})"


def _joined(parts: Sequence[str]) -> str:
    return "; ".join(part for part in parts if part)
