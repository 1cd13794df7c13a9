"""What people see who talk to the bot in Slack: answers, forms and the App Home, of recorded days."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from adapters.slack import forms
from adapters.slack.render import blocks_of, messages
from bot.commands.model import Actor, Place, Reply
from bot.commands.rankings import Rankings
from bot.commands.service import Commands
from bot.commands.services import Cooldown, Services
from bot.ports import Store
from bot.search.service import Search
from storage.embedding.static import open_static
from storage.index.index import open_index
from tests.clocks import StillClock
from tests.contract.commands import ADA, DIRECT, HERE, KEY, CountedIds, Room, nowhere

NOW: Final = datetime(2025, 11, 20, 20, tzinfo=UTC)
ASKED: Final[Sequence[str]] = (
    "",
    "diffusion video",
    "difusion vidoe",
    "qwxz nonsense",
    "why do transformers hallucinate",
    "export controls",
    "save 2511.",
    "channel add at=9:00 zone=Europe/Berlin filter='cat:cs.CL' max=5",
    "channel edit max=7",
    "channel show",
    "channel preview",
    "channel remove",
    "status",
    "subscribe video generation",
    "subscriptions",
    "saved",
    "settings",
    "help",
    "help subscribe",
    "trending week sort:",
)


async def replies(store: Store, folder: Path) -> Mapping[str, Reply]:
    """What is answered to each of `ASKED`, in that order, and somebody's App Home at last."""
    clock = StillClock(NOW)

    async def serve_now(_: object) -> str | None:
        return None

    async with open_index(folder / "index", store.papers, open_static()) as index:
        await index.catch_up()
        services = Services(
            store=store,
            search=Search(store.papers, index, clock),
            rankings=Rankings(store.papers, clock),
            clock=clock,
            ids=CountedIds(),
            shares=Cooldown(clock),
            serve_now=serve_now,
            queued=lambda: None,
            key=KEY,
            zone="UTC",
            late_limit=timedelta(hours=6),
            sharing=True,
            direct=nowhere,
            page="https://papers.example.org",
        )
        commands, room = Commands(services), Room()

        async def run(text: str, actor: Actor = ADA, place: Place = HERE) -> Reply:
            return await commands.run(text, actor, place, room)

        found = {f"/papers {text}".strip(): await run(text) for text in ASKED}
        first = (await run("today")).doc
        keys = [getattr(block, "paper_key", None) for block in first.blocks]
        key = next(key for key in keys if key)
        for verb in ("why", "paper", "similar", "save"):
            found[f"pressed: {verb}"] = await commands.press(f"{verb}:{key}", ADA, HERE, room)
        found["App Home"] = await commands.home(ADA, DIRECT, room)
        found["the form of a digest"] = await commands.press("form:channel edit", ADA, HERE, room)
        return found


def pictured(reply: Reply) -> list[list[dict[str, Any]]]:
    """The messages of a reply, or its form."""
    if reply.form is not None:
        return [forms.modal(reply.form, "C1 x", preview=["Thu 20 Nov: 3 papers, such as “One”"])["blocks"]]
    made = [list(one.blocks) for one in messages(reply.doc, further="below")]
    return made or [blocks_of(reply.doc)]
