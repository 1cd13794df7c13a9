"""Pictures that were drawn already, in a folder of bounded size; it may be deleted at any time."""

import asyncio
import hashlib
import os
import secrets
from contextlib import suppress
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

from bot.plots.model import Plot, Shape, Theme
from bot.plots.ports import Drawer

LARGEST: Final = 64 << 20  # bytes of all pictures

# What makes a picture look as it does: another look gives it another name.
_LOOK: Final = ("alternative.py", "draw.py", "glyphs.py", "look.py", "model.py", "svg.py")


class KeptDrawings:
    """Draws what is not kept yet. Implements `bot.plots.ports.Drawer`."""

    def __init__(self, drawer: Drawer, kept: "KeptPictures") -> None:
        self._drawer = drawer
        self._kept = kept
        self._turn = asyncio.Lock()

    async def draw(self, plot: Plot, theme: Theme | None, shape: Shape = Shape.WIDE) -> bytes:
        """As `bot.plots.ports.Drawer` says."""
        name = self._kept.name(plot, theme, shape)
        found = await asyncio.to_thread(self._kept.get, name)
        if found is not None:
            return found
        async with self._turn:  # of many who ask for one picture at once, one draws it
            found = await asyncio.to_thread(self._kept.get, name)
            if found is None:
                found = await self._drawer.draw(plot, theme, shape)
                await asyncio.to_thread(self._kept.put, name, found)
            return found

    async def aclose(self) -> None:
        await self._drawer.aclose()


class KeptPictures:
    """May be used from any thread, and by several processes. Where the disk refuses, nothing is kept."""

    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        self._folder = folder
        self._largest = largest
        self._look = _look()

    def name(self, plot: Plot, theme: Theme | None, shape: Shape = Shape.WIDE) -> str:
        """The file's name: equal plots have equal ones."""
        said = f"{self._look}\n{plot!r}".encode()
        kind = ".png" if theme is None else f"-{theme}-{shape}.svg"
        return hashlib.blake2b(said, digest_size=20).hexdigest() + kind

    def get(self, name: str) -> bytes | None:
        """The picture, which counts as used now."""
        file = self._folder / name
        try:
            found = file.read_bytes()
            os.utime(file)
        except OSError:
            return None
        return found or None

    def put(self, name: str, picture: bytes) -> None:
        """Keeps a picture; those that were used longest ago make room for it."""
        fresh = self._folder / f"{secrets.token_hex(8)}.new"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(picture)
            fresh.replace(self._folder / name)
            self._make_room()
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def _make_room(self) -> None:
        found = [(file.stat(), file) for file in self._folder.iterdir() if file.is_file()]
        total = sum(one.st_size for one, _ in found)
        for one, file in sorted(found, key=lambda pair: pair[0].st_mtime_ns):
            if total <= self._largest:
                return
            file.unlink(missing_ok=True)
            total -= one.st_size


def _look() -> str:
    """The fingerprint of all that draws."""
    made = hashlib.blake2b(version("matplotlib").encode(), digest_size=16)
    for name in _LOOK:
        made.update(files("bot.plots").joinpath(name).read_bytes())
    return made.hexdigest()
