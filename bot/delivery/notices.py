"""What the owner of a destination is told when something goes wrong there: once, with what to do."""

from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from typing import Final

import structlog

from bot.commands.actions import Action, Verb
from bot.delivery.keys import doubt_key, mail_key, pause_key
from bot.delivery.policy import Doubt, Reject
from bot.errors import PaperboyError
from bot.model import Delivery, DeliveryKind, Destination, DestinationState, NewDelivery, Pool, Route
from bot.people.mailboxes import MAIL
from bot.people.model import Identity
from bot.ports import Clock, Ids, Store
from bot.view.doc import Actions, Button, Doc, Heading, Section, Span, to_json, with_code

_log = structlog.get_logger(__name__)

Direct = Callable[[Identity], Awaitable[Route | None]]
"""Gives the route to somebody's direct messages; `None` where there is none."""

MAIL_REMEDY: Final = "`mail add` with your address confirms it anew, and mail goes on."
WORTH_TELLING: Final = timedelta(days=3)


class Notifier:
    """Pauses destinations that nothing can reach, and tells owners of that and of doubts."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, direct: Direct) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._direct = direct

    async def ending(self, delivery: Delivery, end: Reject | Doubt) -> None:
        """A delivery is about to end like this. Nothing is told about notices, or if nobody can be told.

        Calling it twice is calling it once. Never raises `PaperboyError`: how the delivery ends must be
        written down whatever becomes of its notice.
        """
        if delivery.kind is DeliveryKind.NOTICE:
            return
        try:
            destination = await self._store.destinations.by_name(delivery.destination_id)
            if destination is None:
                return
            if isinstance(end, Doubt):
                question = in_doubt(delivery, destination, end.error)
                await self._post(doubt_key(delivery), destination, delivery.route, question, gone=end.pause)
            if end.pause and destination.state is DestinationState.ACTIVE:
                await self._pause(destination, delivery.route, end.error)
        except PaperboyError as error:
            _log.error("An owner could not be told.", delivery=delivery.id, error=str(error))

    async def lost(self, route: Route, error: str) -> None:
        """What a route leads to is gone for good, as its surface says. Twice is once, and nothing is raised
        here either.
        """
        try:
            destination = await self._store.destinations.at(route)
            if destination is not None and destination.state is DestinationState.ACTIVE:
                await self._pause(destination, route, error)
        except PaperboyError as problem:
            _log.error("An owner could not be told.", error=str(problem))

    async def unmailable(self, address: str, error: str) -> None:
        """Nothing arrives in that mailbox, or it wants none: all mail to it is paused, and its owner told by
        chat. Of a mailbox that nobody has, or that is paused already, nothing happens. Raises `StorageError`.
        """
        mailbox = await self._store.mailboxes.at(address)
        if mailbox is None or mailbox.paused_at is not None:
            return
        route = Route(surface=MAIL, address=address)
        destination = await self._store.destinations.at(route)
        if destination is not None:
            # Before the pause: whoever dies in between comes here again, and a notice is written once.
            await self._post(
                mail_key(destination, mailbox), destination, route, mail_paused(error), gone=True
            )
        await self._store.mailboxes.pause(address, error, self._clock.now())
        _log.error("Mail to somebody is paused: it does not arrive.")

    async def _pause(self, destination: Destination, route: Route, error: str) -> None:
        if route.surface == MAIL and await self._store.mailboxes.at(route.address) is not None:
            await self.unmailable(route.address, f"{error} {MAIL_REMEDY}")
            return
        await self._post(pause_key(destination), destination, route, paused(destination, error), gone=True)
        by = f"{route.surface.capitalize()}: {error}"
        now = self._clock.now()
        await self._store.destinations.set_state(destination.id, DestinationState.PAUSED, by, now)
        _log.error("A destination is paused: nothing reaches it.", destination=destination.name)

    async def _post(self, key: str, destination: Destination, about: Route, doc: Doc, *, gone: bool) -> None:
        """Queues a notice to the owner, unless it would go where it is about, and that is `gone`."""
        route = await self._owners_route(destination, about.surface)
        if route is None or (gone and route == about) or destination.owner_id is None:
            return
        now = self._clock.now()
        notice = NewDelivery(
            id=self._ids.new(),
            key=key,
            destination_id=destination.id,
            recipient_id=destination.owner_id,
            route=route,
            doc=to_json(doc),
            papers=(),
            deliver_by=now + WORTH_TELLING,
            kind=DeliveryKind.NOTICE,
        )
        await self._store.outbox.post(notice, now)

    async def _owners_route(self, destination: Destination, surface: str) -> Route | None:
        """The direct messages of the owner on the same surface, of mail those on any; `None` if there are
        none.
        """
        if destination.owner_id is None:
            return None
        person = await self._store.people.of_recipient(destination.owner_id)
        for identity in person.identities if person is not None else ():
            if surface in {identity.surface, MAIL}:
                route = await self._direct(identity)
                if route is not None:
                    return route
        return None


def in_doubt(delivery: Delivery, destination: Destination, error: str) -> Doc:
    """The question whether a message arrived."""
    place = destination.label or destination.name
    if destination.pool is Pool.SUBSCRIPTIONS:
        place = "your mailbox" if destination.route.surface == MAIL else "your direct messages"
    made = delivery.created_at.astimezone(UTC)
    return _doc(
        f"Did the digest arrive in {place}?",
        (
            Span(f"A digest was on its way to {place} ("),
            Span(f"{made:%Y-%m-%d %H:%M} UTC", instant=int(made.timestamp())),
            Span(f"), and nobody can tell whether it arrived: {error} So that nothing comes twice, it is not "
                 "sent again by itself. Please look there, then say."),
        ),
        (
            Button("It arrived", str(Action(Verb.ARRIVED, delivery.id))),
            Button("Send it again", str(Action(Verb.AGAIN, delivery.id))),
        ),
    )  # fmt: skip


def paused(destination: Destination, error: str) -> Doc:
    """The news that a destination is paused, and why."""
    place = destination.label or destination.name
    text = f"{error} Nothing more is posted there until it is resumed."
    return _doc(
        f"The digest of {place} is paused",
        with_code(text),
        (Button("Resume this digest", str(Action(Verb.RESUME, destination.id))),),
    )


def mail_paused(error: str) -> Doc:
    """The news that no mail goes to somebody, and why."""
    button = Button("My subscriptions", str(Action(Verb.RUN, "subscriptions")))
    return _doc("Mail to you is paused", with_code(error), (button,))


def _doc(title: str, text: tuple[Span, ...], buttons: tuple[Button, ...]) -> Doc:
    words = "".join(span.shown for span in text)
    blocks = (Heading((Span(title, strong=True),)), Section(text), Actions(buttons))
    return Doc(blocks, f"{title}: {words}")
