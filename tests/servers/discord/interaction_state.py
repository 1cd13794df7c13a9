"""What is remembered of each interaction: the few seconds to answer it, and the minutes of its token."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from tests.servers.discord.guild import Guild
from tests.servers.discord.state import Body, Channel, Message, User

ANSWER_WITHIN: Final = timedelta(seconds=3)
TOKEN_LIFE: Final = timedelta(minutes=15)


class InteractionType(IntEnum):
    """Discord's numbers."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(IntEnum):
    """Discord's numbers of the first answers."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(slots=True, kw_only=True, eq=False)
class Interaction:
    """One interaction, from the moment it is sent to the app. REST alone changes what is below the line."""

    id: str
    token: str
    type: InteractionType
    user: User
    channel: Channel
    guild: Guild | None
    created_at: datetime
    message: Message | None = None  # whose control was used
    command: str = ""  # the full name of a command
    late: bool = False  # arrives when the time to answer is over
    only_user: bool = False  # the app is installed for the user alone: five follow-ups
    # ---
    answer: Body | None = None  # the first answer, as it was sent: {type, data}
    answered_at: datetime | None = None
    deferred: bool = False  # and the promised message is not there yet
    ephemeral: bool = False  # as the first answer said
    original: Message | None = None  # the message that @original stands for
    followups: list[Message] = field(default_factory=list)
    edits: int = 0  # of @original

    @property
    def callback(self) -> Callback | None:
        return None if self.answer is None else Callback(self.answer["type"])

    @property
    def modal(self) -> Body | None:
        """The form that the first answer opened."""
        return self.answer["data"] if self.answer and self.callback is Callback.MODAL else None

    @property
    def choices(self) -> list[Body] | None:
        """What the first answer offers for what is being typed."""
        if self.answer is None or self.callback is not Callback.CHOICES:
            return None
        return self.answer["data"].get("choices") or []

    @property
    def messages(self) -> list[Message]:
        """All that it was answered with, in order."""
        return [*([self.original] if self.original is not None else []), *self.followups]

    def can_be_answered(self, now: datetime) -> bool:
        return not self.late and now <= self.created_at + ANSWER_WITHIN

    def token_lives(self, now: datetime) -> bool:
        return now < self.created_at + TOKEN_LIFE
