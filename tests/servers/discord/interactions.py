"""One thing that somebody did, and how the app answered it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from tests.servers.discord.interaction_state import Callback, Interaction
from tests.servers.discord.state import Body, Channel, Message, User

T = TypeVar("T")


class Watched(Protocol):
    """What an exchange needs of the server."""

    silent: set[str]

    async def until(self, condition: Callable[[], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Modal:
    """A form that somebody has before them; `origin` is the message whose control opened it.

    It closes when a submission is answered.
    """

    form: Body
    user: User
    channel: Channel
    origin: Message | None
    submissions: list[Interaction] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return any(one.answer is not None for one in self.submissions)


class Exchange:
    """What was sent to the app, and what the person sees of its answers: each is waited for."""

    def __init__(self, server: Watched, interaction: Interaction, payload: Body) -> None:
        self.interaction = interaction
        self.payload = payload
        self._server = server

    @property
    def private(self) -> bool:
        """Whether the answer is seen by this person alone."""
        return self.interaction.ephemeral

    def expect_silence(self) -> None:
        """The test means the app not to answer, or not in time."""
        self._server.silent.add(self.interaction.id)

    async def callback(self) -> Callback:
        """The kind of the first answer."""
        return await self._wait(lambda: self.interaction.callback)

    async def message(self) -> Message:
        """The message that answers; a promised one when it is there."""
        await self._expect(Callback.MESSAGE, Callback.DEFERRED_MESSAGE)
        return await self._wait(lambda: None if self.interaction.deferred else self.interaction.original)

    async def update(self) -> Message:
        """The message whose control was used, once it was changed."""
        kind = await self._expect(Callback.UPDATE, Callback.DEFERRED_UPDATE)
        if kind is Callback.DEFERRED_UPDATE:
            await self.edited()
        assert self.interaction.original is not None, "The message was deleted."
        return self.interaction.original

    async def edited(self, times: int = 1) -> Message:
        """The first answer, after so many edits; what a deferred one becomes is one of them."""
        await self._server.until(lambda: self.interaction.edits >= times)
        assert self.interaction.original is not None, "The message was deleted."
        return self.interaction.original

    async def followup(self, nth: int = 0) -> Message:
        found = await self._server.until(lambda: self.interaction.followups[nth:])
        return found[0]

    async def modal(self) -> Modal:
        """The form that opens."""
        await self._expect(Callback.MODAL)
        begun = self.interaction
        assert begun.modal is not None, "A modal has its form."
        return Modal(begun.modal, begun.user, begun.channel, begun.message)

    async def choices(self) -> list[tuple[str, Any]]:
        """What is offered while something is typed: names and values."""
        await self._expect(Callback.CHOICES)
        return [(one["name"], one["value"]) for one in self.interaction.choices or []]

    async def _wait(self, look: Callable[[], T | None]) -> T:
        found = await self._server.until(look)
        assert found is not None, "It waits until there is something."
        return found

    async def _expect(self, *kinds: Callback) -> Callback:
        kind = await self.callback()
        assert kind in kinds, f"It was answered with {kind.name}: {self.interaction.answer}"
        return kind
