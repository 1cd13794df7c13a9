"""Stores for pages to be looked at: a full day, an empty one, and titles that nobody hopes for."""

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.editions.make import edition_for
from bot.model import (
    AnnounceType,
    IdScheme,
    Outcome,
    PaperId,
    PaperReading,
    PaperVersion,
    Poll,
    Signal,
    Upstream,
    Window,
)
from bot.ports import Store
from bot.sources.huggingface import poll_from_body
from tests.shared import shared_file

TODAY: Final = date(2025, 11, 20)
MORNING: Final = datetime.combine(TODAY, time(6), UTC)
NOW: Final = datetime.combine(TODAY, time(20, 30), UTC)
LEADING: Final = PaperId(IdScheme.ARXIV, "2511.15065")  # on that day's list, with the most upvotes
_SINCE: Final = TODAY - timedelta(days=35)
_HOURS: Final = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20)

HOSTILE: Final = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> &lt;b&gt; as titles",
    '" onmouseover="alert(1)" x="',
    "$\\mathcal{O}(n^*)$ attention with $x_1 < y_2$ and \\textbf{bold} claims",
    "מודלי שפה גדולים: סקירה (LLM survey) \u202egnp.exe\u202c",
    "نماذج اللغة الكبيرة <b>في</b> التفكير 2025",
    "👩🏽‍🔬🏴󠁧󠁢󠁳󠁣󠁴󠁿 Emoji Are All You Need 🎉🎉",
    "大規模言語モデルの評価に関する包括的な調査と、長い文脈における推論能力の限界についての考察",
    "{{ 7 * 7 }} {% raw %} {{ config }}",
    "A" * 400,
    "An unreasonably long title about scaling laws for " * 200,
)


async def full_day(store: Store) -> None:
    """Five weeks of recorded lists; how the papers' numbers rose over each day is invented."""
    chance = random.Random(20251120)
    for day, whole in _recorded():
        opened = datetime.combine(day, time(0, 30), UTC)
        subject = f"daily:{day}"
        empty = Poll(
            upstream=Upstream.HUGGING_FACE, subject=subject, observed_at=opened, outcome=Outcome.EMPTY
        )
        await store.papers.ingest(empty, opened)
        joins = [chance.choice((1, 1, 1, 2, 4, 8)) for _ in whole.readings]
        bends = [chance.choice((0.4, 0.7, 1.0, 1.6)) for _ in whole.readings]
        for hour in _HOURS:
            at = opened + timedelta(hours=hour)
            there = [
                _risen(one, ((hour - begun + 1) / (21 - begun)) ** bend)
                for one, begun, bend in zip(whole.readings, joins, bends, strict=True)
                if begun <= hour
            ]
            await store.papers.ingest(replace(whole, observed_at=at, readings=tuple(there)), at)
    await _signals(store)
    yesterday = NOW - timedelta(days=1, hours=11, minutes=30)
    await edition_for(store, Window.DAY, yesterday, yesterday)
    down = NOW - timedelta(hours=3)
    failed = Poll(
        upstream=Upstream.ARXIV, subject="new:cs.AI", observed_at=down, outcome=Outcome.FAILED, detail="504"
    )
    await store.papers.ingest(failed, down)


async def empty_day(store: Store) -> None:
    """A list that was read and has no papers; what is known is old."""
    before = datetime.combine(TODAY - timedelta(days=90), time(3), UTC)
    reading = PaperReading(ids=(LEADING,), title="A Paper of Last Summer", announce_type=AnnounceType.LISTED)
    old = Poll(
        upstream=Upstream.HUGGING_FACE,
        subject=f"daily:{before.date()}",
        observed_at=before,
        outcome=Outcome.OK,
        readings=(reading,),
    )
    await store.papers.ingest(old, before)
    at = datetime.combine(TODAY, time(3), UTC)
    poll = Poll(
        upstream=Upstream.HUGGING_FACE, subject=f"daily:{TODAY}", observed_at=at, outcome=Outcome.EMPTY
    )
    await store.papers.ingest(poll, at)


async def hostile_day(store: Store) -> None:
    """Every field that an upstream fills, with what breaks pages; each title comes three times."""
    at = datetime.combine(TODAY, time(6), UTC)
    readings = tuple(
        PaperReading(
            ids=(
                PaperId(IdScheme.ARXIV, f"2511.{number:05}"),
                PaperId(IdScheme.DOI, f"10.1/<i>{number}</i>&x"),
            ),
            title=title,
            abstract=f"{title}. We show <script>alert(2)</script> that {title[:200]} " * 3,
            authors=(f"<b>{title[:40]}</b>", 'O"Neil', "D. O'Hara & Söhne <x@y.z>"),
            organization="<i>A*STAR</i> & Co",
            keywords=("<u>k</u>", "שלום"),
            comment=title[:300],
            ai_summary=f"<svg onload=alert(3)> {title[:80]}" if number % 2 else None,
            ai_summary_model="<model>",
            categories=("cs.LG", "<x>"),
            code_url="javascript:alert(4)" if number % 2 else "https://github.com/a/b?<script>",
            project_url='https://example.org/"onclick="alert(5)',
            thumbnail_url="https://evil.example/track.png",
            versions=(PaperVersion(1, at - timedelta(days=2)), PaperVersion(2, at)),
            published_at=at - timedelta(days=2),
            announce_type=AnnounceType.LISTED,
            signals={Signal.UPVOTES: 100 - number, Signal.COMMENTS: 1},
        )
        for number, title in enumerate(HOSTILE * 3, 1)  # more than are shown whole
    )
    poll = Poll(
        upstream=Upstream.HUGGING_FACE,
        subject=f"daily:{TODAY}",
        observed_at=at,
        outcome=Outcome.OK,
        readings=readings,
    )
    await store.papers.ingest(poll, at)


def pictured(thumbnail: str, at: datetime = MORNING, upvotes: int = 9) -> Poll:
    """A list with one paper, whose picture lies there."""
    reading = PaperReading(
        ids=(LEADING,),
        title="A Picture of It",
        abstract="It is worth a thousand words, of which a few stand beside it here.",
        announce_type=AnnounceType.LISTED,
        thumbnail_url=thumbnail,
        signals={Signal.UPVOTES: upvotes},
    )
    return Poll(
        upstream=Upstream.HUGGING_FACE,
        subject=f"daily:{TODAY}",
        observed_at=at,
        outcome=Outcome.OK,
        readings=(reading,),
    )


def _recorded() -> Iterator[tuple[date, Poll]]:
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt", encoding="utf-8") as lines:
        records = sorted(map(json.loads, lines), key=lambda one: str(one["list_date"]))
    for record in records:
        day = date.fromisoformat(record["list_date"])
        if _SINCE < day <= TODAY:
            yield (
                day,
                poll_from_body(
                    record["response"], f"daily:{day}", datetime.fromisoformat(record["captured_at"])
                ),
            )


def _risen(reading: PaperReading, share: float) -> PaperReading:
    return replace(
        reading, signals={signal: round(value * share) for signal, value in reading.signals.items()}
    )


async def _signals(store: Store) -> None:
    """What GitHub and Hacker News and arXiv say of the leading paper."""
    for hours, stars, points in ((9, 40, 12), (6, 118, 84), (2, 163, 131)):
        at = NOW - timedelta(hours=hours)
        for upstream, signals in (
            (Upstream.GITHUB, {Signal.STARS: stars}),
            (Upstream.HACKER_NEWS, {Signal.HN_POINTS: points, Signal.HN_COMMENTS: points // 3}),
        ):
            reading = PaperReading(ids=(LEADING,), title="", signals=signals)
            poll = Poll(
                upstream=upstream, subject="signals", observed_at=at, outcome=Outcome.OK, readings=(reading,)
            )
            await store.papers.ingest(poll, at)
    told = PaperReading(
        ids=(LEADING, PaperId(IdScheme.DOI, "10.48550/arxiv.2511.15065")),
        title="",
        categories=("cs.CV", "cs.AI"),
        comment="Project page and code are linked; 27 pages, 11 figures",
        versions=(
            PaperVersion(1, NOW - timedelta(days=2)),
            PaperVersion(2, NOW - timedelta(hours=20)),
        ),
    )
    at = NOW - timedelta(hours=5)
    poll = Poll(
        upstream=Upstream.ARXIV, subject="lookup", observed_at=at, outcome=Outcome.OK, readings=(told,)
    )
    await store.papers.ingest(poll, at)
