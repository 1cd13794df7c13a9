"""What a button does, as text that any surface can carry and hand back: it survives restarts, and works for
weeks, because it holds all it needs and nothing is remembered of it.

`save:arxiv:2508.13426`, `page:2417.10 flash attention`. It says what is meant, never who may: whoever presses
is asked for their own rights. A surface vouches for what it hands back (by a signature, or its connection).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

LONGEST: Final = 2_000  # characters: what Slack carries in a button


class Verb(StrEnum):
    """What is done. The argument is a paper's key unless something else stands beside it."""

    SAVE = "save"
    UNSAVE = "unsave"
    HIDE = "hide"  # from the person who presses
    MORE = "more"  # like this: shown, and remembered for the person's own order
    LESS = "less"  # like this: remembered
    NEITHER = "neither"  # takes either back
    RESET = "reset"  # a destination's id: its examples are forgotten; nothing: what was learnt of the person
    UNHIDE = "unhide"
    WHY = "why"
    SIMILAR = "similar"  # one paper's key, or several with blanks between them
    PAPER = "paper"  # all that is known of it; behind it may stand the digest in which it was chosen
    BAN = "ban"  # not for this channel: a manager's; `destination paper`
    SHARE = "share"  # an answer's search to all in the place: as PAGE
    PAGE = "page"  # `page query`, the page's name or `-` for the first
    OTHERS = "others"  # numbers of papers, divided by commas: those a digest had no room for
    SUBSCRIBE = "subscribe"  # a query: opens the form
    UNSUBSCRIBE = "unsubscribe"  # a subscription's id
    RESUBSCRIBE = "resubscribe"  # what stands behind `subscribe`: takes an unsubscribe back
    AUTHORS = "authors"  # a paper's key: asks which of its authors to follow
    FOLLOW = "follow"  # `paper author`: opens the form, or asks which of those who bear the name
    FORM = "form"  # `command subject`: opens a command's form
    RUN = "run"  # a command as it would be typed
    SURE = "sure"  # the same, after the question whether it is really meant
    FIRST = "first"  # a destination's id: posts its first digest now
    RESUME = "resume"  # a destination's id
    MOVE = "move"  # `destination surface`: a person's own goes to their direct messages there
    REMOVE = "remove"  # a destination's id, after the question
    DELETE = "delete"  # a delivery's id: a posted digest goes
    ARRIVED = "arrived"  # a delivery's id: the doubtful message did arrive
    AGAIN = "again"  # a delivery's id: it did not; send it again
    FORGET = "forget"  # nothing: after the question
    SEARCH = "search"  # nothing: opens the form of a search


@dataclass(frozen=True, slots=True)
class Action:
    """One verb with its argument."""

    verb: Verb
    argument: str = ""

    def __str__(self) -> str:
        """As it is carried. Raises `ValueError` if no surface can carry it."""
        text = f"{self.verb}:{self.argument}"
        if len(text) > LONGEST:
            raise ValueError(f"An action of {len(text)} characters fits no button.")
        return text

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The inverse of `str`; `None` for what no version of ours has written."""
        verb, colon, argument = text.partition(":")
        if not colon or len(text) > LONGEST:
            return None
        try:
            return cls(Verb(verb), argument)
        except ValueError:
            return None
