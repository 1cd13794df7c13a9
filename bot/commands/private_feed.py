"""The private feed that somebody may have: one way by which their subscriptions come to them.

Its address is a secret, known to its owner alone: whoever has it can read what it brings. It is not stored by
itself, but is the address of the destinations that speak there; without any there is no feed.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.commands.services import Offer, RouteChoice
from bot.model import Destination, Route
from bot.people.model import Person
from bot.ports import Ids, Store

SURFACE: Final = "feed"
LABEL: Final = "private feed"
NEW_ADDRESS: Final = "This address is new, and nothing is found at the one before any more."


def offer_of(store: Store, ids: Ids) -> Offer:
    """Offers everybody a private feed: the one that they have, else a new one."""

    async def offer(person: Person) -> Sequence[RouteChoice]:
        places = await places_of(store, person)
        route = places[0].route if places else new_route(ids)
        return [RouteChoice(route=route, label=LABEL)]

    return offer


def new_route(ids: Ids) -> Route:
    """A feed with an address that nobody can guess: two ids of 59 random bits."""
    return Route(surface=SURFACE, address=f"{ids.new()}{ids.new()}")


async def places_of(store: Store, person: Person) -> list[Destination]:
    """The destinations that speak in somebody's feed: one for each time at which something comes."""
    owned = await store.destinations.owned(person.recipient_id)
    return [one for one in owned if one.route.surface == SURFACE]


async def renew(store: Store, places: Sequence[Destination], ids: Ids) -> Route:
    """Gives the feed of these destinations another address; nothing is found at the old one any more."""
    route = new_route(ids)
    for place in places:
        await store.destinations.update(replace(place, route=route))
    return route


def private_feed_path(address: str) -> str:
    """Where the feed is on the web page, without the ending that names its form. Pure."""
    return f"/private/{address}"


def private_feed_words(route: Route, page: str) -> str:
    """Where the feed is read, as a sentence. Pure. `page` is the web page's address, empty if not known."""
    where = "" if page else " on Paperboy's web page"
    address = f"{page}{private_feed_path(route.address)}"
    return f"Your private feed{where}: {address}.atom, or .json. Whoever has the address can read it."


__all__ = [
    "LABEL",
    "NEW_ADDRESS",
    "SURFACE",
    "new_route",
    "offer_of",
    "places_of",
    "private_feed_path",
    "private_feed_words",
    "renew",
]
