"""What the tests of commands stand on: a day's papers, a surface with people, and all commands over them."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from bot.commands.actions import Action
from bot.commands.model import Actor, Place, Reply, Standing
from bot.commands.rankings import Rankings
from bot.commands.service import Commands
from bot.commands.services import Cooldown, Services
from bot.errors import InputError
from bot.model import PLAIN_POSTING, Destination, IdScheme, Layout, PaperId, PaperReading, Posting, Route
from bot.people.model import Identity
from bot.ports import Store
from bot.search.service import Search
from bot.view.doc import Actions, PaperCard
from bot.view.plain import to_plain
from storage.embedding.static import open_static
from storage.index.index import open_index
from tests.clocks import StillClock
from tests.contract.readings import poll, reading

NOW: Final = datetime(2025, 11, 20, 12, tzinfo=UTC)  # a Thursday
CHANNEL: Final = "T1/C1"
KEY: Final = b"a key that only these tests know"

ATTENTION: Final = "arxiv:2511.00001"
ADAPTERS: Final = "arxiv:2511.00002"
SPEECH: Final = "arxiv:2511.00003"
TITLES: Final = {
    1: "Attention in Small Places",
    2: "Low-Rank Adapters for Maps",
    3: "Speech Recognition with Little Data",
    4: "Kernels for Flash Attention",
    5: "Retrieval for Letters",
    6: "Diffusion of Rain",
    7: "Robots that Read",
}


def a_paper(number: int, upvotes: int, **more: Any) -> PaperReading:
    title = TITLES[number]
    made = reading(
        PaperId(IdScheme.ARXIV, f"2511.{number:05}"),
        title=title,
        upvotes=upvotes,
        abstract=f"We study {title.lower()}. It works well in the morning.",
        authors=("Ada Byron", "Bo Li"),
        published_at=NOW - timedelta(days=2),
        categories=("cs.CL",) if number % 2 else ("cs.RO",),
        code_url="https://github.com/example/maps" if number == 2 else None,
    )
    return replace(made, **more)


async def fill(store: Store) -> None:
    """The day's list, read twice: 7 papers, the first on top."""
    for minutes, factor in ((0, 1), (240, 5)):
        first = poll(minutes, *(a_paper(number, factor * (20 - 2 * number)) for number in TITLES))
        await store.papers.ingest(first, first.observed_at)


class Room:
    """`bot.commands.ports.Surface` for tests: says of everybody what it was told."""

    def __init__(self, name: str = "slack") -> None:
        self.name = name
        self.shares_out = name == "discord"
        every = set(Layout) if self.shares_out else set(Layout) - {Layout.EMBEDS}
        self.layouts: Sequence[Layout] = sorted(every)
        self.managers = {"U-ADA"}
        self.posts = True  # whether we can post
        self.speaks = True  # whether people may
        self.general: set[str] = set()  # addresses where everybody reads along
        self.roles: dict[str, str] = {}  # names by their ids
        self.deleted: list[tuple[str, str]] = []
        self.asked: list[tuple[str, str | None]] = []  # who was looked up, and for which address

    def typed(self, text: str) -> str:
        return f"/papers {text}"

    async def may_manage(self, actor: Actor, place: Place) -> bool:
        self.asked.append((actor.identity.user, place.address))
        return actor.identity.user in self.managers

    async def may_post(self, actor: Actor, place: Place) -> bool:
        self.asked.append((actor.identity.user, place.address))
        return self.speaks

    async def prove_posting(self, place: Place, posting: Posting = PLAIN_POSTING) -> Posting:
        if not self.posts:
            raise InputError(f"Type `/invite @Paperboy` in {place.name}, then try again.")
        return posting

    async def named(self, _: Place, posting: Posting) -> Posting:
        return replace(posting, mention=self.roles.get(posting.mention, posting.mention))

    async def direct_address(self, identity: Identity) -> str:
        return f"{identity.tenant}/D-{identity.user}"

    async def delete(self, address: str, receipt: str) -> None:
        self.deleted.append((address, receipt))

    def asks_twice(self, place: Place) -> bool:
        return place.address in self.general


def an_actor(user: str, **more: Any) -> Actor:
    made = Actor(identity=Identity("slack", "T1", user), name=user.removeprefix("U-").title())
    return replace(made, **more)


ADA: Final = an_actor("U-ADA", zone="Europe/Berlin")
BEN: Final = an_actor("U-BEN")  # a member who manages nothing
GUEST: Final = an_actor("U-GUEST", standing=Standing.GUEST)
STRANGER: Final = an_actor("U-STRANGER", standing=Standing.EXTERNAL)
HERE: Final = Place(surface="slack", tenant="T1", address=CHANNEL, name="#ml-papers")
DIRECT: Final = Place(surface="slack", tenant="T1", address="T1/D-U-ADA", name="direct message", direct=True)


async def nowhere(_: Identity) -> Route | None:
    """Nobody is reached on another surface."""
    return None


class CountedIds:
    """`bot.ports.Ids`: id1, id2, …"""

    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        self._count += 1
        return f"id{self._count}"


@dataclass
class World:
    """All commands over one store and one surface."""

    store: Store
    clock: StillClock
    services: Services
    room: Room = field(default_factory=Room)
    served: list[Destination] = field(default_factory=list)
    wakes: list[None] = field(default_factory=list)

    @classmethod
    def over(cls, store: Store, search: Callable[[StillClock], Search], **changes: Any) -> "World":
        clock = StillClock(NOW)
        served: list[Destination] = []
        wakes: list[None] = []

        async def serve_now(destination: Destination) -> str | None:
            served.append(destination)
            return None

        services = Services(
            store=store,
            search=search(clock),
            rankings=Rankings(store.papers, clock),
            clock=clock,
            ids=CountedIds(),
            shares=Cooldown(clock),
            serve_now=serve_now,
            queued=lambda: wakes.append(None),
            key=KEY,
            zone="UTC",
            late_limit=timedelta(hours=6),
            sharing=True,
            direct=nowhere,
            page="https://papers.example.org",
        )
        return cls(store, clock, replace(services, **changes), served=served, wakes=wakes)

    @property
    def commands(self) -> Commands:
        return Commands(self.services)

    async def run(self, text: str, actor: Actor = ADA, place: Place = HERE) -> Reply:
        return await self.commands.run(text, actor, place, self.room)

    async def press(self, action: str | Action, actor: Actor = ADA, place: Place = HERE) -> Reply:
        return await self.commands.press(str(action), actor, place, self.room)

    async def channel(self) -> Destination:
        """The channel's digest, set up."""
        await self.run("channel add at=9:00")
        found = await self.store.destinations.by_name(f"slack:{CHANNEL}")
        assert found is not None
        return found


def text_of(reply: Reply) -> str:
    return to_plain(reply.doc)


def buttons_of(reply: Reply) -> dict[str, str]:
    """Every button of the answer, its menus left out: its action by its label."""
    return {
        one.label: one.action
        for block in reply.doc.blocks
        if isinstance(block, Actions)
        for one in block.buttons
    }


def cards_of(reply: Reply) -> list[PaperCard]:
    return [block for block in reply.doc.blocks if isinstance(block, PaperCard)]


def menu_of(card: PaperCard) -> dict[str, str]:
    return {one.label: one.action for one in card.menu}


def titles_of(reply: Reply) -> list[str]:
    return [card.title.text for card in cards_of(reply)]


@pytest.fixture
async def world(store: Store, tmp_path: Path) -> AsyncIterator[World]:
    """All commands over the day's papers, all of which the index knows."""
    await fill(store)
    async with open_index(tmp_path / "index", store.papers, open_static()) as index:
        await index.catch_up()
        yield World.over(store, lambda clock: Search(store.papers, index, clock))
