"""What comes behind the answer to a search: as values, and at a terminal."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.terminal.session import Session
from adapters.terminal.surface import person
from bot.commands.model import Reply, Update
from bot.errors import BusyError
from bot.model import IdScheme, PaperId, PaperReading, Upstream
from bot.ports import Store
from bot.search.ports import SearchedUpstream
from bot.search.service import Search
from bot.view.doc import Doc
from bot.view.plain import to_plain
from storage.embedding.static import open_static
from storage.index.index import FolderIndex, open_index
from tests.contract.commands import World, fill, text_of
from tests.contract.readings import described
from tests.contract.test_unreached import refused
from tests.contract.upstreams import Waited

AFAR = described(PaperId(IdScheme.ARXIV, "2511.00088"), title="Export of Attention", abstract="Of controls.")


class Failing:
    """`bot.search.ports.SearchedUpstream` with something wrong in it."""

    upstream = Upstream.ARXIV

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def search(self, text: str, limit: int) -> Sequence[PaperReading] | None:
        raise self._error


@pytest.fixture
async def index(store: Store, tmp_path: Path) -> AsyncIterator[FolderIndex]:
    await fill(store)
    async with open_index(tmp_path / "index", store.papers, open_static()) as index:
        await index.catch_up()
        yield index


def asking(store: Store, index: FolderIndex, *upstreams: SearchedUpstream) -> World:
    return World.over(store, lambda clock: Search(store.papers, index, clock, upstreams=upstreams))


def answering(upstream: Upstream, *readings: PaperReading) -> Waited:
    made = Waited(upstream, readings)
    made.let.set()
    return made


async def updates(reply: Reply) -> list[Update]:
    assert reply.later is not None
    return [update async for update in reply.later()]


def words(doc: Doc | None) -> str:
    return to_plain(doc) if doc is not None else ""


async def test_nothing_comes_later_where_nobody_is_asked(store: Store, index: FolderIndex) -> None:
    assert (await asking(store, index).run("attention")).later is None
    asked = asking(store, index, answering(Upstream.HUGGING_FACE, AFAR))
    assert (await asked.run("2511.00001")).later is None
    assert (await asked.run("today")).later is None


async def test_an_update_has_the_whole_answer_and_what_is_new(store: Store, index: FolderIndex) -> None:
    world = asking(store, index, answering(Upstream.HUGGING_FACE, AFAR))
    reply = await world.run("export attention")
    why = "Searched for “export attention”; `export` takes bibtex, ris, csv or json."
    assert text_of(reply).startswith(why)
    (update,) = await updates(reply)
    assert words(update.whole).startswith(why)
    assert words(update.whole).count("Export of Attention") == 1
    assert "sent to Hugging Face" in words(update.whole)
    assert words(update.news).startswith("Hugging Face found 1 more paper for “export attention”\n")
    assert "Kernels for Flash Attention" not in words(update.news)
    assert update.news is not None
    assert update.news.fallback == (
        "Hugging Face found 1 more paper for “export attention”: Export of Attention"
    )


async def test_what_is_told_in_front_of_an_answer_stays_there(store: Store, index: FolderIndex) -> None:
    world = asking(store, index, answering(Upstream.HUGGING_FACE, AFAR))
    await refused(world)
    reply = await world.run("export attention")
    assert text_of(reply).startswith("Your subscriptions on Slack are paused since ")
    (update,) = await updates(reply)
    assert words(update.whole).startswith("Your subscriptions on Slack are paused since ")
    assert words(update.whole).count("Export of Attention") == 1
    assert "paused since" not in words(update.news)


async def test_two_upstreams_that_find_the_same_make_one_news(store: Store, index: FolderIndex) -> None:
    face, arxiv = answering(Upstream.HUGGING_FACE, AFAR), Waited(Upstream.ARXIV, [AFAR])
    reply = await asking(store, index, face, arxiv).run("attention")
    assert reply.later is not None
    coming = reply.later()
    assert "Export of Attention" in words((await anext(coming)).news)
    arxiv.let.set()
    (last,) = [update async for update in coming]
    assert last.news is None
    assert "found by Hugging Face and found by arXiv" in words(last.whole)


@pytest.mark.parametrize("error", [BusyError("/srv/paperboy.db"), RuntimeError("attention")])
async def test_what_fails_later_leaves_the_answer_as_it_is(
    store: Store, index: FolderIndex, error: Exception
) -> None:
    world = asking(store, index, Failing(error))
    reply = await world.run("attention")
    assert "Attention in Small Places" in text_of(reply)
    with capture_logs() as logs:
        assert await updates(reply) == []
    (logged,) = logs
    assert logged["log_level"] == "error"
    assert "attention" not in str(logged)


async def test_a_terminal_adds_what_comes_later(store: Store, index: FolderIndex, tmp_path: Path) -> None:
    world = asking(store, index, answering(Upstream.HUGGING_FACE, AFAR), answering(Upstream.ARXIV))
    session = Session(world.commands, person("ada"), tmp_path)
    first, *others = [text async for text in session.answers("search attention", 80)]
    assert "Attention in Small Places" in first
    (news,) = others
    assert "6. Export of Attention\n" in news
    assert news.endswith("\n#6 shows what can be done with a paper.\n")
    assert (await session.answer("#6")).startswith("[1] Save paper 6\n")
    assert len([text async for text in session.answers("today")]) == 1
