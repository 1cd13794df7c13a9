"""What taste asks of the store and the index. What all ports of the store promise stands in `bot.ports`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.taste.model import TasteChoices, Taught

if TYPE_CHECKING:
    from bot.search.ports import Vectors


class TasteStore(Protocol):
    """What teaches a recipient's taste, and what they chose about it."""

    async def taught(self, recipient_ids: Iterable[str]) -> Mapping[str, Taught]:
        """The papers that teach each of these recipients' taste, as far back as their last reset; those of
        whom nothing is known have no entry.
        """

    async def reset(self, recipient_id: str, at: datetime) -> int:
        """Forgets what was learnt: likes, dislikes and examples are deleted, and what was saved or hidden
        by then does not teach any more. Returns how many papers taught until now. Raises `NotFoundError`.
        """

    async def choices(self, recipient_id: str) -> TasteChoices:
        """What somebody chose; nobody has chosen anything."""

    async def choose(self, recipient_id: str, choices: TasteChoices) -> None:
        """Remembers it. Raises `NotFoundError`."""

    async def teach(self, recipient_id: str, paper_ids: Sequence[int], at: datetime) -> int:
        """Marks papers as examples, the first of them as the newest; of more than `MOST_EXAMPLES` the newest
        stay. Returns how many there are now. Raises `NotFoundError` (no such recipient, or paper).
        """

    async def titled(self, titles: Iterable[str]) -> Mapping[str, int]:
        """By title, the one paper that has it, whatever its case, accents and punctuation; titles of none
        and of several are left out.
        """

    async def titles(self, paper_ids: Iterable[int]) -> Mapping[int, str]:
        """The titles of these papers; unknown ones are left out."""


class Meanings(Protocol):
    """Where papers' vectors are."""

    async def vectors(self, paper_ids: Sequence[int]) -> "Vectors":
        """The vectors of these papers (n, dimensions), of length 1, or 0 where a paper has none (yet)."""


__all__ = ["Meanings", "TasteStore"]
