"""What commands ask of the surface that they were called through."""

from collections.abc import Sequence
from typing import Protocol

from bot.commands.model import Actor, Place
from bot.model import PLAIN_POSTING, Layout, Posting
from bot.people.model import Identity


class Surface(Protocol):
    """One chat platform, as far as commands need it. Raises `PaperboyError` with a sentence for the person
    where the platform cannot be asked now.
    """

    @property
    def name(self) -> str:
        """`slack`, `discord`, `console` (of a terminal): the surface of routes and identities."""

    @property
    def layouts(self) -> Sequence[Layout]:
        """Those it can show."""

    @property
    def shares_out(self) -> bool:
        """Whether a paper goes to one channel alone of a tenant's, unless a channel wants otherwise."""

    def typed(self, text: str) -> str:
        """How a person types this command line: `channel add at=9:00` as `/papers channel add at=9:00`."""

    async def may_manage(self, actor: Actor, place: Place) -> bool:
        """Whether the actor may manage what is posted at this place, asked of the platform now."""

    async def may_post(self, actor: Actor, place: Place) -> bool:
        """Whether the actor may speak to all at this place: what sharing an answer there needs."""

    async def prove_posting(
        self, place: Place, posting: Posting = PLAIN_POSTING, layout: Layout = Layout.COMPACT
    ) -> Posting:
        """The posting with everything the place needs (a forum's tag by its id). Raises `InputError` saying
        exactly what to do (the invitation to type, the permission that is missing) if nothing can be posted
        at this place in this way and with this layout.
        """

    async def named(self, place: Place, posting: Posting, /) -> Posting:
        """The posting as people read it: with the names of its role and its tag in place of their ids, as far
        as they are known. Never raises `PaperboyError`.
        """

    async def direct_address(self, identity: Identity) -> str:
        """The address of somebody's direct messages. Raises `InputError` if there is none."""

    async def shows_pictures(self, place: Place) -> bool:
        """Whether a picture that comes behind an answer is shown to whoever asked there."""

    async def delete(self, address: str, receipt: str) -> None:
        """Deletes a message of ours that has this receipt. Deleting what is gone is no error."""

    def asks_twice(self, place: Place) -> bool:
        """Whether everybody in the organisation reads along there, so that a digest is worth a second
        question.
        """
