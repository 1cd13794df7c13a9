"""A terminal as a surface: one person, who may do everything there, and one address, the console's."""

from typing import Final

from bot.commands.model import Actor, Place
from bot.errors import InputError
from bot.model import PLAIN_POSTING, Layout, Posting
from bot.people.model import Identity

NAME: Final = "console"  # whose deliverer shows what is posted here
ADDRESS: Final = "stdout"


def person(user: str) -> Actor:
    """Whoever sits at the terminal, by the name that this machine knows them by."""
    return Actor(identity=Identity(NAME, "", user), name=user)


def place() -> Place:
    """The terminal."""
    return Place(surface=NAME, tenant="", address=ADDRESS, name="this terminal")


class TerminalSurface:
    """Implements `bot.commands.ports.Surface`."""

    name: Final = NAME
    layouts: Final = (Layout.COMPACT, Layout.CARDS, Layout.THREAD)
    shares_out: Final = False

    def typed(self, text: str) -> str:
        """At its prompt, all that is typed is a command."""
        return text

    async def may_manage(self, actor: Actor, place: Place) -> bool:
        return actor.identity.surface == NAME and place.address == ADDRESS

    async def may_post(self, actor: Actor, place: Place) -> bool:
        """There is nobody else to share with."""
        return False

    async def prove_posting(
        self, place: Place, posting: Posting = PLAIN_POSTING, layout: Layout = Layout.COMPACT
    ) -> Posting:
        """Whoever runs the bot at a terminal sees what it posts there."""
        return posting

    async def named(self, _: Place, posting: Posting) -> Posting:
        return posting

    async def direct_address(self, identity: Identity) -> str:
        return ADDRESS

    async def shows_pictures(self, place: Place) -> bool:
        return False

    async def delete(self, address: str, receipt: str) -> None:
        raise InputError("What a terminal has shown cannot be taken back.")

    def asks_twice(self, place: Place) -> bool:
        return False
