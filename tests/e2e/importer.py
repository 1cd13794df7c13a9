"""The process that the kill run of imports kills: a real import, but for its small batches and its halts.

Started as `python -m tests.e2e.importer FILE PAPERS COMMITS`: batches of so many papers, and after so many
commits it says so and stands still (0: never).
"""

import asyncio
import os
import sys
import threading
from pathlib import Path

from bot.config import Settings
from bot.importing.reading import open_file
from bot.importing.run import Progress, import_file
from bot.system import SystemClock
from bot.wiring import open_store


async def main(path: str, batch_papers: int, commits: int) -> None:
    def halt(number: int) -> None:
        if number == commits:
            print("halted", flush=True)
            threading.Event().wait()

    def ignore(_: Progress) -> None:
        pass

    settings = Settings.load(os.environ, Path.cwd())
    with open_file(path, lambda: sys.stdin.buffer) as file:
        async with open_store(settings, after_commit=halt) as store:
            done = await import_file(file, store.papers, SystemClock(), ignore, batch_papers=batch_papers)
    print(f"from line {done.from_line}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
