"""Why a paper stands where it does in a personal order: a clause on its card. Pure."""

from collections.abc import Mapping
from typing import Final

from bot.people.model import Mark
from bot.taste.order import Likeness
from bot.view.text import shorten

_TITLE: Final = 60  # characters of the title that is named
_SHARED: Final = {Mark.SAVED: "which people here saved", Mark.EXAMPLE: "one of this channel's examples"}
_HOW: Final = {
    Mark.SAVED: "which you saved",
    Mark.LIKED: "which you wanted more like",
    Mark.EXAMPLE: "one of your examples",
}


def reasons(
    likenesses: Mapping[int, Likeness], titles: Mapping[int, str], *, shared: bool = False
) -> dict[int, str]:
    """By paper, the one of the reader's own that it resembles: `Resembles “Attention”, which you saved`.

    `titles` are those of the readers' papers; what is `shared` is read by a whole channel.
    """
    how = _SHARED if shared else _HOW
    return {
        number: f"Resembles “{shorten(titles[one.paper_id], _TITLE)}”, {how[one.mark]}"
        for number, one in likenesses.items()
        if one.paper_id in titles
    }


def saved_here(people: int) -> str:
    """How many of a channel saved a paper there: at least three, and never who."""
    return f"Saved by {people} people here"


__all__ = ["reasons", "saved_here"]
