"""Papers for the loads of chat platforms to find, and what people type about them.

As a process: `python -m benchmarks.chat_papers HOME` makes a store with its index.
"""

import asyncio
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from benchmarks import corpus
from benchmarks.fill import fill
from benchmarks.invented import FIRST_DAY, polls_of_lists
from bot.config import Settings
from bot.importing.reading import open_file
from bot.importing.run import import_file
from bot.logs import configure_logs
from bot.model import Poll
from bot.system import SystemClock
from bot.wiring import open_index, open_store

LISTS: Final = 30  # days
PAPERS_A_LIST: Final = 60
IMPORTED: Final = 4_000  # papers of more words than the lists', to be searched

# What people type, and how many of a hundred commands it is: nearly half are searches, mostly words alone.
MIXTURE: Final = {
    "words": 32,
    "search": 10,
    "similar": 4,
    "today": 16,
    "trending": 6,
    "why": 10,
    "paper": 6,
    "subscriptions": 4,
    "subscribe": 2,
    "saved": 3,
    "save": 2,
    "status": 3,
    "help": 2,
}


def typed(random: Random) -> Callable[[str], str]:
    """Makes what somebody types, by the name in the mixture."""
    asked = corpus.questions()
    words = [one.text for kind in ("short", "topic", "12 words") for one in asked[kind]]
    filtered = [one.text for one in asked["filtered"]]
    of_paper = ("similar", "why", "paper", "save")
    made: dict[str, Callable[[], str]] = {
        "words": lambda: random.choice(words),
        "search": lambda: f"search {random.choice(filtered)}",
        "trending": lambda: f"trending {random.choice(('day', 'week', 'month'))}",
        "subscribe": lambda: f"subscribe {random.choice(words[:200])}",
        **{name: partial(_of_paper, random, name, _listed_ids()) for name in of_paper},
    }
    return lambda name: made[name]() if name in made else name


def _of_paper(random: Random, name: str, listed: Sequence[str]) -> str:
    return f"{name} {random.choice(listed)}"


def _listed_ids() -> list[str]:
    """ArXiv ids of papers on the lists."""
    return [f"2511.{number:05}" for number in range(LISTS * PAPERS_A_LIST)]


async def store_papers(home: Path) -> None:
    """Daily lists up to now, papers brought by a file, and an index of all of them."""
    settings = Settings.model_validate({"home": home})
    await fill(settings.database, _lists_until(datetime.now(UTC)))
    lines = home / "papers.jsonl"
    corpus.write(lines, 0, IMPORTED)
    async with open_store(settings) as store:
        with open_file(str(lines), io.BytesIO) as file:
            await import_file(file, store.papers, SystemClock(), lambda _: None)
        async with open_index(settings, store) as index:
            await index.catch_up()
    lines.unlink()


def _lists_until(now: datetime) -> Iterator[Poll]:
    """The invented lists, the last of them today's."""
    first = now.date() - timedelta(days=LISTS - 1)
    shift = first - FIRST_DAY
    for poll in polls_of_lists(LISTS, PAPERS_A_LIST):
        day = datetime.fromisoformat(poll.subject.removeprefix("daily:")).date() + shift
        at = poll.observed_at + shift
        if at < now:
            yield replace(poll, subject=f"daily:{day}", observed_at=at)


if __name__ == "__main__":
    configure_logs("error", "console")  # what is printed is what came of it
    asyncio.run(store_papers(Path(sys.argv[1])))
    print(json.dumps({}))
