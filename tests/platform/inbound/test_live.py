"""A search that upstreams are asked about: what is known here comes at once, what they find behind it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.slack.views import answer_view
from bot.commands.service import Commands
from bot.commands.services import SHARE_EVERY, Services
from bot.commands.view import say
from bot.model import IdScheme, PaperId, Upstream
from tests.clocks import StillClock
from tests.contract.readings import described
from tests.contract.upstreams import Waited
from tests.platform.inbound.test_behaviour import Held
from tests.platform.slack_bot import SlackBot, slack_bot, text_of
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.views import change, close_top

KNOWN = described(PaperId(IdScheme.ARXIV, "2511.00001"), title="Attention in Small Places")
NEW = described(PaperId(IdScheme.ARXIV, "2511.00088"), title="Attention from Afar", abstract="Of attention.")
OTHER = described(PaperId(IdScheme.ARXIV, "2511.00089"), title="Attention at Night", abstract="Dark.")
SENT = "These words were also sent to Hugging Face and arXiv."
FOLLOWS = "What they find that is missing here follows."
FOUND = "Hugging Face found 1 more paper for “attention”"


@dataclass
class Live:
    """The bot, and upstreams that answer when they are let."""

    bot: SlackBot
    face: Waited
    arxiv: Waited

    async def finish(self) -> None:
        """All that was under way comes to its end."""
        self.face.let.set()
        self.arxiv.let.set()
        await self.bot.slack.finish()


@pytest.fixture
async def live(slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path) -> AsyncIterator[Live]:
    face = Waited(Upstream.HUGGING_FACE, [KNOWN, NEW])
    arxiv = Waited(Upstream.ARXIV, None)
    async with slack_bot(slack, scene, clock, tmp_path, upstreams=[face, arxiv]) as bot:
        yield Live(bot, face, arxiv)
        face.let.set()
        arxiv.let.set()


async def test_what_is_known_here_comes_at_once_and_what_is_found_behind_it(live: Live) -> None:
    slack, maya, channel = live.bot.server, live.bot.scene.maya, live.bot.scene.channel
    asked = await slack.command("/papers", "attention", user=maya, channel=channel)
    first = text_of(await asked.message())
    assert "Attention in Small Places" in first
    assert SENT in first
    assert FOLLOWS in first
    assert "Attention from Afar" not in first
    live.face.let.set()
    second = text_of(await asked.message(nth=1))
    assert FOUND in second
    assert "6. Attention from Afar" in second
    assert "Attention in Small Places" not in second, "it stands there already"
    assert "could not be asked" not in second
    live.arxiv.let.set()
    third = await asked.message(nth=2)
    assert text_of(third) == "arXiv could not be asked just now."
    assert third.only_for == maya.id
    await live.bot.slack.finish()
    assert len(asked.seen("private")) == 3
    assert asked.seen("public") == asked.seen("replaced") == []
    assert live.face.asked == live.arxiv.asked == ["attention"]


async def test_nothing_is_said_of_an_upstream_that_finds_nothing_new(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    face = Waited(Upstream.HUGGING_FACE, [KNOWN])
    face.let.set()
    async with slack_bot(slack, scene, clock, tmp_path, upstreams=[face]) as bot:
        asked = await slack.command("/papers", "attention", user=scene.maya, channel=scene.channel)
        await bot.slack.finish()
        assert face.asked == ["attention"]
        assert len(asked.seen("private")) == 1


async def test_in_a_form_the_answer_is_replaced(live: Live) -> None:
    slack, maya = live.bot.server, live.bot.scene.maya
    form = await (await slack.shortcut("search_papers", user=maya)).view()
    sent = await slack.submit(form, {"query": "attention"}, user=maya)
    view = await sent.view()
    assert FOLLOWS in text_of(view)
    assert "Attention from Afar" not in text_of(view)
    live.face.let.set()
    view = await sent.view(nth=1)
    assert "Attention from Afar" in text_of(view)
    assert FOLLOWS in text_of(view), "of arXiv"
    live.arxiv.let.set()
    view = await sent.view(nth=2)
    assert text_of(view).count("Attention in Small Places") == 1
    assert text_of(view).count("Attention from Afar") == 1
    assert "arXiv could not be asked just now." in text_of(view)
    assert FOLLOWS not in text_of(view)
    await live.bot.slack.finish()
    assert len(sent.seen("view")) == 3
    assert live.bot.server.world.modals[maya.id] == [view]


async def test_a_form_that_comes_twice_asks_upstreams_once(live: Live) -> None:
    slack, maya = live.bot.server, live.bot.scene.maya
    form = await (await slack.shortcut("search_papers", user=maya)).view()
    sent = await slack.submit(form, {"query": "attention"}, user=maya)
    assert (await slack.redeliver(sent)).said == sent.said
    await live.finish()
    assert live.face.asked == ["attention"]


async def test_an_answer_that_comes_late_is_replaced_too(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    held: list[Held] = []
    face = Waited(Upstream.HUGGING_FACE, [NEW])

    def made(services: Services) -> Commands:
        held.append(Held(services))
        return held[0]

    async with slack_bot(slack, scene, clock, tmp_path, commands=made, upstreams=[face]) as bot:
        form = await (await slack.shortcut("search_papers", user=scene.maya)).view()
        sent = await slack.submit(form, {"query": "attention"}, user=scene.maya)
        assert "One moment" in text_of(await sent.view())
        held[0].let.set()
        assert FOLLOWS in text_of(await sent.view(nth=1))
        face.let.set()
        assert "Attention from Afar" in text_of(await sent.view(nth=2))
        await bot.slack.finish()
        assert len(sent.seen("view")) == 3


async def test_a_view_that_was_closed_stays_closed(live: Live) -> None:
    slack, maya = live.bot.server, live.bot.scene.maya
    form = await (await slack.shortcut("search_papers", user=maya)).view()
    sent = await slack.submit(form, {"query": "attention"}, user=maya)
    await sent.view()
    close_top(slack.world, maya.id)
    await live.finish()
    assert len(sent.seen("view")) == 1


async def test_what_else_is_shown_in_a_view_meanwhile_is_not_replaced(live: Live) -> None:
    slack, maya = live.bot.server, live.bot.scene.maya
    form = await (await slack.shortcut("search_papers", user=maya)).view()
    misspelt = await slack.submit(form, {"query": "atention"}, user=maya)
    asked = await slack.press(await misspelt.view(), "Did you mean attention?", user=maya)
    view = await asked.view()
    assert FOLLOWS in text_of(view)
    change(slack.world, view, answer_view(say("Something else.").doc, ""))
    await live.finish()
    assert text_of(view) == "Something else."


async def test_what_was_shared_stays_and_what_was_seen_is_shared(live: Live, clock: StillClock) -> None:
    slack, maya, channel = live.bot.server, live.bot.scene.maya, live.bot.scene.channel
    asked = await slack.command("/papers", "attention", user=maya, channel=channel)
    first = await asked.message()
    early = await (await slack.press(first, "Share with all here", user=maya)).message("public")
    shared = text_of(early)
    assert "Attention from Afar" not in shared
    assert FOLLOWS not in shared
    await live.finish()
    assert (text_of(early), early.edits) == (shared, 0)
    clock.set(clock.now() + SHARE_EVERY)
    late = await (await slack.press(first, "Share with all here", user=maya)).message("public")
    assert "Attention from Afar" in text_of(late)
    assert SENT in text_of(late)
    assert live.face.asked == ["attention"], "whoever reads it causes nobody to be asked again"


async def test_pages_go_on_where_the_first_one_ended(live: Live) -> None:
    slack, maya, channel = live.bot.server, live.bot.scene.maya, live.bot.scene.channel
    asked = await slack.command("/papers", "attention", user=maya, channel=channel)
    first = await asked.message()
    for _ in ("before", "after"):
        pressed = await slack.press(first, "Next page", user=maya)
        second = text_of(await pressed.message())
        assert "6. Robots that Read" in second
        assert second.count("More like paper") == 1
        await live.finish()
    assert live.face.asked == ["attention"]
