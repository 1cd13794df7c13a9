"""What the tests of people stand on: somebody on Slack with a destination, and an installation."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot.model import Destination, Pool, Route
from bot.people.model import (
    Cadence,
    Hidden,
    Identity,
    Installation,
    Person,
    Subscription,
    SubscriptionState,
)
from bot.ports import Store
from tests.contract.rows import NOW, a_destination

MAYA: Final = Identity("slack", "T1", "UMAYA001")
BEN: Final = Identity("slack", "T1", "UBEN0001")


async def meet(store: Store, identity: Identity = MAYA, name: str = "Maya", at: datetime = NOW) -> Person:
    """Somebody whose recipient is called after their user id."""
    return await store.people.meet(identity, name, f"r-{identity.user}", at)


def direct(person: Person, **changes: Any) -> Destination:
    """A destination for somebody's direct messages."""
    (identity,) = person.identities
    made = a_destination(
        f"dm-{identity.user}",
        recipient_id=person.recipient_id,
        route=Route(surface=identity.surface, address=f"{identity.tenant}/D{identity.user}"),
        pool=Pool.SUBSCRIPTIONS,
        label="direct message",
    )
    return replace(made, **changes)


def a_subscription(
    person: Person, destination: Destination, query: str = "towels", **changes: Any
) -> Subscription:
    made = Subscription(
        id=f"s-{person.recipient_id}-{query}",
        recipient_id=person.recipient_id,
        query=query,
        cadence=Cadence.DAILY,
        maximum=5,
        days=destination.schedule.days,
        destination_ids=(destination.id,),
        state=SubscriptionState.ACTIVE,
        created_at=NOW,
    )
    return replace(made, **changes)


def an_installation(tenant: str = "T1", **changes: Any) -> Installation:
    made = Installation(
        surface="slack",
        tenant=tenant,
        name="Initech",
        secret=Hidden('{"bot_token": "xoxb-invented"}'),
        installed_by="UMAYA001",
        installed_at=NOW,
        state_at=NOW,
    )
    return replace(made, **changes)
