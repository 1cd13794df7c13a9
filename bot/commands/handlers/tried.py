"""What a channel's digest would have brought on the last days, before anybody waits for the first one."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Final

from bot.commands.channels import DayPreview, applied, preview_days, widen
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME
from bot.commands.services import Services
from bot.commands.values import call_from_values
from bot.commands.view import counted, note, sentence, typed
from bot.editions.digest import short_date
from bot.model import WORKDAYS, Destination, Route, Schedule
from bot.view.doc import Block

_NINE: Final = time(9)
_WIDER: Final = {  # what the changes do that `widen` proposes
    "repeats=yes": "lets papers come here too that fit another channel better",
    "floor=0": "takes papers with fewer upvotes too",
    "window=week": "looks back over a week",
    "pool=both": "adds what arXiv newly announced",
    "topic=everything": "takes papers of every topic",
}


async def preview_lines(values: Mapping[str, str], services: Services) -> list[str]:
    """What a digest so set would have brought in the last days: a line a day, the newest first.

    Raises `ValuesError`.
    """
    arguments = call_from_values(BY_NAME["channel add"], values)
    now = services.clock.now()
    base = Destination(
        id="",
        recipient_id="",
        name="",
        route=Route(surface="", address=""),
        schedule=Schedule(_NINE, WORKDAYS, services.zone),
        active_from=now,
        created_at=now,
    )
    made = applied(base, arguments)
    found = await preview_days(services.store, services.rankings, made, now, services.tasting)
    return [_line(one) for one in found]


def tried(destination: Destination, days: Sequence[DayPreview], surface: Surface) -> list[Block]:
    """The last days, how many of them would have been empty, and what brings more if most would. Pure."""
    stored = [one for one in days if one.tally.candidates]
    if not stored:
        return [note("Nothing is stored of the last days yet, so that it cannot be tried on them.")]
    known = [one for one in stored if one.matches or not one.tally.undecided]
    blocks: list[Block] = [sentence(_would(known)), *(note(_line(one)) for one in stored)]
    change = widen(destination, known)
    if change is not None:
        blocks.append(sentence(typed(surface, f"channel edit {change}"), f" {_WIDER[change]}."))
    return blocks


def _would(known: Sequence[DayPreview]) -> str:
    """How many of the days would have been empty, of those of which that is known."""
    empty = sum(not one.matches for one in known)
    if not known:
        return "Whether the last days would have been empty cannot be told yet."
    if len(known) == 1:
        return f"The one day that is known would {'' if empty else 'not '}have been empty."
    counted_empty = "All" if empty == len(known) else str(empty or "None")
    return f"{counted_empty} of the last {len(known)} days would have been empty."


def _line(one: DayPreview) -> str:
    """`Thu 20 Nov: 3 papers, such as “…”`."""
    elsewhere, undecided = one.tally.elsewhere, one.tally.undecided
    better = f" ({elsewhere} went to another channel)" if elsewhere else ""
    if not one.titles and undecided:
        waiting = "1 waits" if undecided == 1 else f"{undecided} wait"
        they_are = "it is" if undecided == 1 else "they are"
        return f"{short_date(one.day)}: {waiting} until arXiv says what {they_are} about"
    if not one.titles:
        return f"{short_date(one.day)}: no paper{better}"
    return f"{short_date(one.day)}: {counted(one.matches, 'paper')}, such as “{one.titles[0]}”{better}"
