"""What a subscription would have brought last week: what one wants to know before it is made.

The papers are judged by the same `matches` as those that come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.commands.lastweek import last_week
from bot.commands.services import Services
from bot.commands.view import counted
from bot.commands.wish import Wish
from bot.model import Paper
from bot.people.model import Cadence

_TITLES: Final = 3  # of last week's matches that are shown
_FAR_TOO_MANY: Final = 3  # times what may come
_A_WEEK: Final = 35  # papers that may come as they appear; so many are five a day
_REMEDY: Final = "Another word, a cat: or upvotes:>10 makes it fewer"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Last week under a subscription."""

    wish: Wish
    matched: Sequence[Paper]  # first shown in the last seven days, the newest first

    @property
    def room(self) -> int:
        """Papers that may come in a week."""
        if self.wish.cadence is Cadence.INSTANT:
            return _A_WEEK
        return self.wish.maximum * len(self.wish.schedule.days)

    @property
    def flood(self) -> bool:
        """Whether it is far more than may come: worth a question before it is made."""
        return len(self.matched) > _FAR_TOO_MANY * self.room

    @property
    def words(self) -> str:
        """How much it would have been, with a remedy where that is too much, or nothing."""
        number, wish = len(self.matched), self.wish
        if not number:
            return (
                "No paper of the last seven days matches it. That may be right; fewer words, or OR between "
                "them, find more."
            )
        told = f"{counted(number, 'paper')} of the last seven days {'matches' if number == 1 else 'match'} it"
        if self.flood and wish.cadence is not Cadence.INSTANT:
            return (
                f"{told}, far more than the {counted(wish.maximum, 'paper')} a message can hold: you would "
                f"get the best {self.room} of a week. {_REMEDY}."
            )
        if number > self.room:
            return f"{told}, more than the {self.room} that may come in a week. {_REMEDY}."
        if number < wish.minimum:
            wait = "they would wait for more. A smaller min= brings them at once."
            return f"{told}, and a message needs {wish.minimum}: {wait}"
        return f"{told}."

    @property
    def titles(self) -> str:
        """Some of them, to judge by; empty where there are none."""
        return "; ".join(one.title for one in self.matched[:_TITLES])


async def forecast(services: Services, wish: Wish) -> Forecast:
    """Last week under what somebody wishes, as far as it is stored."""
    (matched,) = await last_week(services.store, services.search.index, services.clock, [wish.query])
    return Forecast(wish, matched)


__all__ = ["Forecast", "forecast"]
