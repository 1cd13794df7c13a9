"""What commands work with: the store, the search, the clock, and what is known of who calls."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from bot.commands.model import Actor, Place
from bot.commands.rankings import Rankings
from bot.errors import InputError, PaperboyError
from bot.mail.service import Mail
from bot.model import Destination, IdScheme, Paper, PaperId, Route
from bot.people.mailboxes import MAIL
from bot.people.model import Identity, Person
from bot.plots.plots import Plots
from bot.ports import Clock, Ids, Store
from bot.search.service import Search
from bot.taste.tasting import Tasting

Direct = Callable[[Identity], Awaitable[Route | None]]
"""Gives the route to somebody's direct messages on the surface that knows them; `None` if there is none."""

Offer = Callable[[Person], Awaitable[Sequence["RouteChoice"]]]
"""Gives ways to somebody beside their direct messages: none where they have not set any up."""

ServeNow = Callable[[Destination], Awaitable[str | None]]
"""Posts a destination's digest at once, whatever its schedule; a sentence that says why if there is none."""

SHARE_EVERY: Final = timedelta(seconds=30)
DIRECT_MESSAGE: Final = "direct message"  # what people call the place where their subscriptions come


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChoice:
    """One way in which what somebody subscribes to can come to them."""

    route: Route
    label: str  # as it stands behind "by": "direct message", "mail", "private feed"; never an address

    @property
    def name(self) -> str:
        """As it is typed behind `route=`."""
        return way_name(self.route.surface)


def way_name(surface: str) -> str:
    """A way to somebody as it is typed behind `route=`. Pure."""
    return "mail" if surface == MAIL else surface


class Cooldown:
    """Keeps one person from speaking to all at one place more often than `every`. Forgets at a restart."""

    def __init__(self, clock: Clock, every: timedelta = SHARE_EVERY) -> None:
        self._clock = clock
        self._every = every
        self._last: dict[tuple[Identity, str], datetime] = {}

    def enter(self, identity: Identity, address: str) -> timedelta:
        """How long to wait yet; zero lets in, and begins the wait anew."""
        now = self._clock.now()
        # What lies in the future was noted before the clock was set back.
        self._last = {key: at for key, at in self._last.items() if timedelta() <= now - at < self._every}
        last = self._last.get((identity, address))
        if last is not None:
            return self._every - (now - last)
        self._last[identity, address] = now
        return timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The collaborators of all handlers."""

    store: Store
    search: Search
    rankings: Rankings
    plots: Plots
    clock: Clock
    ids: Ids
    shares: Cooldown
    serve_now: ServeNow
    queued: Callable[[], None]  # told whenever a delivery was made pending
    key: bytes = field(repr=False)  # the secret key
    zone: str  # of whoever told none
    late_limit: timedelta  # how long a message that is sent again may take
    sharing: bool
    direct: Direct
    offers: Sequence[Offer] = ()  # ways to people beside those messages
    mail: Mail | None = None  # None: this Paperboy sends none
    page: str | None  # address of the web page; empty: the world reaches none; None: it is switched off

    @property
    def tasting(self) -> Tasting:
        """What makes the orders of people and channels."""
        return Tasting(self.store, self.search.index)

    async def find(self, actor: Actor) -> Person | None:
        """What is known of the actor; nothing is stored."""
        return await self.store.people.find(actor.identity)

    async def meet(self, actor: Actor, zone: str = "") -> Person:
        """The actor, made known, since something is about to be stored for them. Their zone is remembered:
        the one that they name, else the one that their surface tells of somebody who never named one.
        """
        people = self.store.people
        person = await people.meet(actor.identity, actor.name, self.ids.new(), self.clock.now())
        told = zone or (actor.zone if person.zone is None else None)
        if told is None or told == person.zone:
            return person
        await people.set_zone(person.recipient_id, told)
        return replace(person, zone=told)

    async def zone_of(self, actor: Actor) -> str:
        """The actor's time zone: as they once said, as their surface tells, or the usual one."""
        person = await self.find(actor)
        return (person.zone if person is not None else None) or actor.zone or self.zone

    async def routes(self, person: Person, here: Route) -> Sequence[RouteChoice]:
        """The ways to somebody, one of each surface: their direct messages `here`, where they are now, and
        those elsewhere.
        """
        return RouteChoice(route=here, label=DIRECT_MESSAGE), *await self.elsewhere(person, here.surface)

    async def elsewhere(self, person: Person, here: str) -> Sequence[RouteChoice]:
        """The ways to somebody, one of each surface, but for the surface `here`: their direct messages, and
        what else is offered. What cannot be found just now is left out.
        """
        found: dict[str, RouteChoice] = {}
        for identity in person.identities:
            with suppress(PaperboyError):
                known = identity.surface == here or identity.surface in found
                route = None if known else await self.direct(identity)
                if route is not None:
                    label = f"{DIRECT_MESSAGE} on {route.surface.capitalize()}"
                    found[route.surface] = RouteChoice(route=route, label=label)
        for offer in self.offers:
            with suppress(PaperboyError):
                for choice in await offer(person):
                    found[choice.name] = choice
        return tuple(found.values())

    async def hidden(self, actor: Actor) -> frozenset[int]:
        """The papers that the actor hid."""
        person = await self.find(actor)
        if person is None:
            return frozenset()
        return (await self.store.people.hidden([person.recipient_id]))[person.recipient_id]

    async def paper(self, paper_id: PaperId) -> Paper:
        """The paper, fetched if it is not stored. Raises `InputError` if nobody knows it."""
        found = await self.store.papers.find(paper_id)
        if found is None and paper_id.scheme is not IdScheme.LOCAL:
            answer = await self.search.search(paper_id.value)
            found = answer.results[0].paper if answer.results else None
        if found is None:
            raise InputError(
                f"{paper_id.value} is not stored here, and no source that could be asked knows it."
            )
        return found


def address_of(place: Place) -> str:
    """The address that digests of this place go to. Raises `InputError` where there is none."""
    if place.address is None or place.direct:
        raise InputError("That is for a channel. Use it in the one that you mean.")
    return place.address
