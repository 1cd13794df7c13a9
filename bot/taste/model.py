"""What is learnt of a recipient's taste. Frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.people.model import Mark

TEACHES_FOR: Final = frozenset({Mark.SAVED, Mark.LIKED, Mark.EXAMPLE})
"""Marks of papers that one wants more of."""

TEACHES_AGAINST: Final = frozenset({Mark.DISLIKED, Mark.HIDDEN})
"""Marks of papers that one wants less of."""

MOST_EXAMPLES: Final = 50  # papers brought to teach with: the newest
LEAST_PEOPLE: Final = 3  # who must have saved a paper in a channel before that shows
TEAM_SPAN: Final = timedelta(days=30)  # for how long a save counts there
MOST_TAUGHT: Final = 200  # papers of each kind that teach: the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class TasteChoices:
    """What somebody chose about it; whoever never did has these."""

    for_you: bool = False  # their messages have a section of papers that no subscription of theirs matches
    counted: bool = True  # what they save in a channel may count there, if it does for others


@dataclass(frozen=True, slots=True)
class Taught:
    """The papers from which a recipient's taste is learnt, by their numbers: the newest of each kind."""

    wanted: Mapping[int, Mark] = field(default_factory=dict)
    unwanted: Mapping[int, Mark] = field(default_factory=dict)
    choices: TasteChoices = TasteChoices()
    team: Mapping[int, int] = field(default_factory=dict)  # of a channel: how many people saved a paper there


__all__ = [
    "LEAST_PEOPLE",
    "MOST_EXAMPLES",
    "MOST_TAUGHT",
    "TEACHES_AGAINST",
    "TEACHES_FOR",
    "TEAM_SPAN",
    "TasteChoices",
    "Taught",
]
