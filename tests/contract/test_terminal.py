"""A talk at a terminal: lines in, text out, buttons as numbers."""

from pathlib import Path

import pytest

from adapters.terminal.session import Session
from adapters.terminal.surface import ADDRESS, NAME, TerminalSurface, person, place
from bot.errors import InputError
from bot.wiring import route_of
from tests.cli import Cli
from tests.contract.commands import World


@pytest.fixture
def session(world: World, tmp_path: Path) -> Session:
    folder = tmp_path / "files"
    folder.mkdir()
    return Session(world.commands, person("ada"), folder)


async def test_buttons_are_numbers_that_can_be_typed(session: Session) -> None:
    shown = await session.answer("")
    assert shown.startswith("Trending papers · Thu 20 Nov\n")
    assert "[1] Show the other 2\n[2] Search papers\n" in shown
    assert shown.endswith("#1 to #5 shows what can be done with a paper.\n")
    assert (await session.answer("1")).startswith("2 more papers\n")


async def test_a_papers_menu_opens_by_its_number(session: Session) -> None:
    await session.answer("search flash attention")
    assert (await session.answer("#1")).startswith("[1] Save paper 1\n[2] Why paper 1 trends\n")
    assert (await session.answer("1")).startswith("“Kernels for Flash Attention” is on your list.\n")
    assert "Kernels for Flash Attention" in await session.answer("saved")


async def test_a_number_that_is_no_choice_is_searched_for(session: Session) -> None:
    assert "“7”" in await session.answer("7")


async def test_what_cannot_be_undone_is_asked_about(session: Session) -> None:
    await session.answer("save 2511.00001")
    for word, then in (("no", "Nothing was done.\n"), ("yes", "All that was stored of you is deleted.\n")):
        await session.answer("forget-me")
        asked = await session.answer("1")
        assert asked == "Delete all that is stored of me: is that really meant? Type yes.\n"
        assert await session.answer(word) == then


async def test_files_are_written_over_no_other(session: Session, tmp_path: Path) -> None:
    await session.answer("save 2511.00001")
    for name in ("papers.bib", "papers-2.bib"):
        written = tmp_path / "files" / name
        assert f"Written to {written}.\n" in await session.answer("export")
        assert "2511.00001" in written.read_text(encoding="utf-8")
    (tmp_path / "files" / "papers.bib").unlink()
    (tmp_path / "files" / "papers-2.bib").unlink()
    (tmp_path / "files").rmdir()
    assert "could not be written" in await session.answer("export")


async def test_nothing_opens_a_form_and_all_says_what_to_type(session: Session) -> None:
    assert "Say when: `channel add at=9:00 zone=UTC` sets it up." in await session.answer("channel add")
    assert "Say what you want to hear of" in await session.answer("subscribe")


async def test_lines_are_as_wide_as_the_terminal(session: Session) -> None:
    shown = await session.answer("help channel add", 60)
    assert max(map(len, shown.splitlines())) <= 60


async def test_a_terminal_is_its_persons_own(world: World, session: Session) -> None:
    added = await session.answer("channel add at=9:00")
    assert added.startswith("Set up for this terminal: weekdays at 09:00 (UTC)")
    assert (await session.answer("subscribe attention")).startswith("You are subscribed to “attention”")
    assert "The digest of this terminal: active" in await session.answer("channel show"), (
        "not the subscriptions"
    )
    (one,) = [found for found in await world.store.destinations.list() if found.name == f"{NAME}:{ADDRESS}"]
    assert one.route == route_of("console"), "where `paperboy run` posts"
    surface = TerminalSurface()
    assert not await surface.may_post(person("ada"), place())
    with pytest.raises(InputError, match="cannot be taken back"):
        await surface.delete(ADDRESS, "1")


# --- the command line ----------------------------------------------------------------------------


def test_a_pipe_gets_answers_and_no_prompt(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    said = cli.talk("today\n\nhelp\n")
    assert said.startswith("Trending papers · ")
    assert "Nothing was fetched yet" in said
    assert "What you can do here" in said
    assert "papers>" not in said


def test_a_search_does_not_wait_for_an_index_that_is_being_built(tmp_path: Path) -> None:
    assert "Search for “attention”" in Cli(tmp_path).talk("attention\n")


def test_settings_that_cannot_work_are_told_before_anything_is_asked(tmp_path: Path) -> None:
    assert "PAPERBOY_TIMEZONE" in Cli(tmp_path).fails("chat", 2, PAPERBOY_TIMEZONE="Mars")
