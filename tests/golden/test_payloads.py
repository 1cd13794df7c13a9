"""What goes out on ten recorded days, in every layout, is what was looked at and found good.

`python -m tests.golden` writes the files anew where a change is meant; `python -m tests.looking FOLDER` shows
the messages as pages.
"""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from bot.model import Layout
from bot.ports import Store
from tests.golden.files import SURFACES, file_of, text_of
from tests.golden.skeleton import LAYOUTS
from tests.looking.days import DAYS, digest_of, recorded_store

ORDINARY = date(2025, 11, 20)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    async with recorded_store(tmp_path_factory.mktemp("recorded")) as store:
        yield store


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("day", DAYS, ids=str)
async def test_the_messages_of_a_recorded_day(store: Store, day: date, surface: str) -> None:
    made = text_of(surface, await digest_of(store, day, DAYS[day]))
    assert made == file_of(surface, day).read_text(encoding="utf-8")


@pytest.mark.parametrize("surface", SURFACES)
def test_no_file_is_left_of_a_day_that_is_no_longer_told(surface: str) -> None:
    folder = file_of(surface, ORDINARY).parent
    assert {file.name for file in folder.iterdir()} == {f"{day}.json" for day in DAYS}


def messages(surface: str, day: date, layout: Layout) -> list[dict[str, Any]]:
    golden = json.loads(file_of(surface, day).read_text(encoding="utf-8"))
    assert set(golden) == set(LAYOUTS[surface])
    found: list[dict[str, Any]] = golden[layout]
    return found


def elements(value: Any) -> Iterator[dict[str, Any]]:
    """Everything with a type, from outside in."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from elements(inner)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_compact_in_slack_has_no_images_and_three_buttons_at_most(day: date) -> None:
    for message in messages("slack", day, Layout.COMPACT):
        kinds = [element["type"] for element in elements(message["blocks"])]
        assert "image" not in kinds
        assert kinds.count("button") <= 3


def test_compact_in_slack_has_three_lines_a_paper() -> None:
    """Its title and its summary, and below them its small print."""
    (message,) = messages("slack", ORDINARY, Layout.COMPACT)
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["header", "rich_text", *["section", "context"] * 5, "actions", "context"]
    papers = [block for block in message["blocks"] if block["type"] == "section"]
    assert [block["text"]["text"].count("\n") for block in papers] == [1] * 5


TEXT, ROW, BUTTON, SELECT, BOX = 10, 1, 2, 3, 17


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_compact_in_discord_has_fifteen_components_and_three_buttons_at_most(day: date) -> None:
    for message in messages("discord", day, Layout.COMPACT):
        kinds = [element["type"] for element in elements(message["components"])]
        assert set(kinds) <= {TEXT, ROW, BUTTON, SELECT, BOX}
        assert len(kinds) <= 15
        assert kinds.count(BUTTON) <= 3
        assert kinds.count(SELECT) <= 1


def test_compact_in_discord_has_three_lines_a_paper() -> None:
    (message,) = messages("discord", ORDINARY, Layout.COMPACT)
    (box,) = message["components"]
    assert [one["type"] for one in box["components"]] == [TEXT, *[TEXT] * 5, ROW, ROW, TEXT]
    papers = [one["content"].split("\n") for one in box["components"][1:6]]
    assert all(len(lines) == 3 and lines[2].startswith("-# ") for lines in papers)
