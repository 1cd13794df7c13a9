"""Why a paper stands where it does in a personal order: a clause on its card. Pure."""

from collections.abc import Mapping
from typing import Final

from bot.people.model import Mark
from bot.taste.order import Likeness
from bot.view.text import shorten

_TITLE: Final = 60  # characters of the title that is named
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
    return {
        number: f"Resembles “{shorten(titles[one.paper_id], _TITLE)}”, {_words(one.mark, shared=shared)}"
        for number, one in likenesses.items()
        if one.paper_id in titles
    }


def _words(mark: Mark, *, shared: bool) -> str:
    return "one of this channel's examples" if shared else _HOW[mark]


__all__ = ["reasons"]
