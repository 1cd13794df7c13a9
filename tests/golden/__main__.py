"""Writes the golden payloads anew: `python -m tests.golden`. Read what changed before you commit it."""

import asyncio
import tempfile
from pathlib import Path

from tests.golden.files import SURFACES, file_of, text_of
from tests.looking.days import DAYS, digest_of, recorded_store


async def update() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        async with recorded_store(Path(scratch)) as store:
            for day, maximum in DAYS.items():
                doc = await digest_of(store, day, maximum)
                for surface in SURFACES:
                    file = file_of(surface, day)
                    file.parent.mkdir(exist_ok=True)
                    file.write_text(text_of(surface, doc), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(update())
