"""What discord.py says for itself, in our own log, and without what people typed."""

import logging
from typing import Final

import structlog

from bot.logs import whereabouts

_log = structlog.get_logger(__name__)

_LIBRARY: Final = logging.getLogger("discord")


class _Told(logging.Handler):
    """Tells the sentence as it stands in the library's source: what would be filled in may repeat people."""

    def emit(self, record: logging.LogRecord) -> None:
        if "voice will NOT be supported" in str(record.msg):
            return  # of which nothing is needed
        error = record.exc_info[1] if record.exc_info else None
        what = {} if error is None else {"error": type(error).__name__, "where": whereabouts(error)}
        _log.warning("discord.py tells of a problem.", logger=record.name, said=str(record.msg), **what)


def take_over() -> None:
    """From now on the library's log is ours. Doing it twice is doing it once."""
    if not any(isinstance(one, _Told) for one in _LIBRARY.handlers):
        _LIBRARY.addHandler(_Told(logging.WARNING))
        _LIBRARY.propagate = False
