"""What goes to Slack on ten recorded days, in every layout, is what was looked at and found good.

`python -m tests.golden` writes the files anew where a change is meant; `python -m tests.looking FOLDER` shows
the messages as pages.
"""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from adapters.slack.render import LAYOUTS
from bot.model import Layout
from bot.ports import Store
from tests.golden.files import file_of, text_of
from tests.looking.days import DAYS, digest_of, recorded_store


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    async with recorded_store(tmp_path_factory.mktemp("recorded")) as store:
        yield store


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("day", DAYS, ids=str)
async def test_the_messages_of_a_recorded_day(store: Store, day: date) -> None:
    made = text_of(await digest_of(store, day, DAYS[day]))
    assert made == file_of(day).read_text(encoding="utf-8")


def test_no_file_is_left_of_a_day_that_is_no_longer_told() -> None:
    assert {file.name for file in file_of(next(iter(DAYS))).parent.iterdir()} == {
        f"{day}.json" for day in DAYS
    }


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_compact_has_no_images_and_three_buttons_at_most(day: date) -> None:
    golden = json.loads(file_of(day).read_text(encoding="utf-8"))
    assert set(golden) == set(LAYOUTS)
    for message in golden[Layout.COMPACT]:
        kinds = [element["type"] for element in elements(message["blocks"])]
        assert "image" not in kinds
        assert kinds.count("button") <= 3


def elements(value: Any) -> Iterator[dict[str, Any]]:
    """Everything with a type, from outside in."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from elements(inner)


def test_compact_has_three_lines_a_paper() -> None:
    """Its title and its summary, and below them its small print."""
    golden = json.loads(file_of(date(2025, 11, 20)).read_text(encoding="utf-8"))
    (message,) = golden[Layout.COMPACT]
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["header", "rich_text", *["section", "context"] * 5, "actions", "context"]
    papers = [block for block in message["blocks"] if block["type"] == "section"]
    assert [block["text"]["text"].count("\n") for block in papers] == [1] * 5
