"""What commands ask of the surface that they were called through."""

from typing import Protocol

from bot.commands.model import Actor, Place
from bot.people.model import Identity


class Surface(Protocol):
    """One chat platform, as far as commands need it. Raises `PaperboyError` with a sentence for the person
    where the platform cannot be asked now.
    """

    @property
    def name(self) -> str:
        """`slack`, `discord`, `console` (of a terminal): the surface of routes and identities."""

    @property
    def command(self) -> str:
        """How people begin a command here: `/papers`, or nothing at a prompt that knows commands alone."""

    async def may_manage(self, actor: Actor, place: Place) -> bool:
        """Whether the actor may manage what is posted at this place, asked of the platform now."""

    async def may_post(self, actor: Actor, place: Place) -> bool:
        """Whether the actor may speak to all at this place: what sharing an answer there needs."""

    async def prove_posting(self, place: Place) -> None:
        """Raises `InputError` saying exactly what to do (the invitation to type) if nothing can be posted
        at this place.
        """

    async def direct_address(self, identity: Identity) -> str:
        """The address of somebody's direct messages. Raises `InputError` if there is none."""

    async def delete(self, address: str, receipt: str) -> None:
        """Deletes a message of ours that has this receipt. Deleting what is gone is no error."""

    def asks_twice(self, place: Place) -> bool:
        """Whether everybody in the organisation reads along there, so that a digest is worth a second
        question.
        """
