"""What is learnt of a recipient's taste. Frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.people.model import Mark

TEACHES_FOR: Final = frozenset({Mark.SAVED, Mark.LIKED, Mark.EXAMPLE})
"""Marks of papers that one wants more of."""

TEACHES_AGAINST: Final = frozenset({Mark.DISLIKED, Mark.HIDDEN})
"""Marks of papers that one wants less of."""

MOST_EXAMPLES: Final = 50  # papers brought to teach with: the newest
MOST_TAUGHT: Final = 200  # papers of each kind that teach: the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class TasteChoices:
    """What somebody chose about it; whoever never did has these."""

    for_you: bool = False  # their messages have a section of papers that no subscription of theirs matches


@dataclass(frozen=True, slots=True)
class Taught:
    """The papers from which a recipient's taste is learnt, by their numbers: the newest of each kind."""

    wanted: Mapping[int, Mark] = field(default_factory=dict)
    unwanted: Mapping[int, Mark] = field(default_factory=dict)
    choices: TasteChoices = TasteChoices()


__all__ = ["MOST_EXAMPLES", "MOST_TAUGHT", "TEACHES_AGAINST", "TEACHES_FOR", "TasteChoices", "Taught"]
