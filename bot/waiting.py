"""Waiting for the first of several things."""

import asyncio
from collections.abc import Awaitable


async def either(*work: Awaitable[object]) -> None:
    """Ends with the first of them, and ends the others. Raises what that one raises."""
    tasks = {asyncio.ensure_future(one) for one in work}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
