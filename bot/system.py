"""The real clock, the real ids, the process's own memory, and its share of the machine."""

import asyncio
import ctypes
import os
import secrets
import sys
from datetime import UTC, datetime, timedelta

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_LENGTH = 12  # 59 bits: ten million ids have no two alike with a chance of 99.99 %


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(max(duration.total_seconds(), 0))


class RandomIds:
    """Short random ids that a person can type."""

    def new(self) -> str:
        # One number for all letters: each call for randomness lets go of the interpreter, and where other
        # threads are busy it takes milliseconds to have it back.
        number, letters = secrets.randbelow(len(_ALPHABET) ** _LENGTH), []
        for _ in range(_LENGTH):
            number, letter = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[letter])
        return "".join(letters)


def available_cores() -> int:
    """How many of the machine's cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def give_memory_back() -> None:
    """Makes this process return what it frees to the system, which matters to one that runs for months.

    By default glibc keeps an arena a thread, and ever larger blocks after large ones were freed: some 30 MB
    of a bot that made its search index. The parameters are those of mallopt(3); elsewhere this does nothing.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        for parameter, value in (
            (_M_ARENA_MAX, 2),
            (_M_MMAP_THRESHOLD, 1 << 16),
            (_M_TRIM_THRESHOLD, 1 << 17),
        ):
            mallopt(parameter, value)


def give_free_pages_back() -> None:
    """Returns to the system what lies free between blocks in use, as after the model and the index's writer
    were let go of: malloc_trim(3), some milliseconds; elsewhere this does nothing.
    """
    if sys.platform != "linux":
        return
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
