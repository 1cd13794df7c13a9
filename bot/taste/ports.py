"""What taste asks of the store and the index. What all ports of the store promise stands in `bot.ports`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.model import Route
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
        """Remembers it; saves of somebody that may not count any more are deleted where they did. Raises
        `NotFoundError`.
        """

    async def set_team(self, destination_id: str, at: datetime, *, counted: bool) -> None:
        """Whether what people save at that channel counts there; where it does not, none of it is kept.
        Raises `NotFoundError`.
        """

    async def has_team(self, destination_id: str) -> bool:
        """Whether saves count there: not unless somebody wanted it."""

    async def saved_at(self, route: Route, paper_id: int, recipient_id: str, at: datetime) -> bool:
        """Notes that somebody saved a paper at the channel of that route. `False`, and nothing is kept, where
        saves do not count, or theirs may not.
        """

    async def unsaved(self, recipient_id: str, paper_id: int) -> None:
        """Takes back that somebody saved a paper, wherever that counted."""

    async def team(self, destination_ids: Iterable[str], since: datetime) -> Mapping[str, Mapping[int, int]]:
        """By destination, how many people saved each paper there after `since`: only papers of at least
        `LEAST_PEOPLE`; destinations without any have no entry.
        """

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
