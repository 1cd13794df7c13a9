"""Every store there is, made in a temporary folder: each contract test runs against each of them.

A new store joins the suite by one line in `STORES`.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import pytest

from bot.ports import OpenStore, Store
from storage.sqlite.engine import Engine
from storage.sqlite.store import open_sqlite


def _sqlite(folder: Path) -> AbstractAsyncContextManager[Store]:
    return open_sqlite(folder / "paperboy.db", secret_key=lambda: b"the secret key of the tests")


STORES: Final[Mapping[str, Callable[[Path], AbstractAsyncContextManager[Store]]]] = {"sqlite": _sqlite}


@pytest.fixture(params=sorted(STORES))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens this test's store; each call is another process's view of the same data."""
    return lambda: STORES[request.param](tmp_path)


@pytest.fixture
async def store(open_store: OpenStore) -> AsyncIterator[Store]:
    """This test's store, empty and open."""
    async with open_store() as opened:
        yield opened


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """SQLite alone: the engine of the file that `store` would open."""
    opened = Engine(tmp_path / "paperboy.db")
    await opened.open()
    yield opened
    await opened.close()


def names(folder: Path) -> list[str]:
    """The names of the files in a folder, sorted."""
    return sorted(entry.name for entry in folder.iterdir())
