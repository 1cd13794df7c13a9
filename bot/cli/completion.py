"""What the shell is offered at the Tab key. It never fails, and never changes anything."""

import re
from typing import Final

from bot.errors import PaperboyError

# What a shell would not take as part of one word: such a name must be typed, between quotation marks.
_NOT_A_WORD: Final = re.compile(r"[\s'\"\\$`!*?\[\](){}<>|&;#~]")


def destination_names() -> list[str]:
    """The names of the destinations, as far as they can be typed without quotation marks."""
    from bot.cli.common import load_settings
    from bot.wiring import destination_names as stored

    try:
        names = stored(load_settings())
    except PaperboyError:  # settings that cannot work: the command itself will say so
        return []
    return [name for name in names if not _NOT_A_WORD.search(name)]


def zones() -> list[str]:
    """The time zones that this machine knows."""
    from zoneinfo import available_timezones

    return sorted(available_timezones())
