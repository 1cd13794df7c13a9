"""Direct messages that do not arrive: told once for each pause, at the next command, with what to do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.actions import Action, Verb
from bot.commands.model import Actor
from bot.delivery.notices import Notifier
from bot.delivery.policy import Reject
from bot.model import Destination, DestinationState, Route
from bot.people.model import Identity
from storage.sqlite.engine import Engine
from tests.contract.commands import ADA, BEN, HERE, CountedIds, World, buttons_of, nowhere, text_of, world
from tests.contract.rows import DAY, HOUR, MINUTE, queue

__all__ = ["world"]

CLOSED = "This person takes no direct messages. Open them, then resume it."
ELSEWHERE = Identity("discord", "", "77")


async def refused(world: World) -> Destination:
    """Ada's subscriptions, paused because Slack would not bring them."""
    if not await world.store.destinations.list():
        await world.run("subscribe robots")
    (one,) = await world.store.destinations.list()
    delivery = await queue(world.store, one, [], world.clock.now())
    notifier = Notifier(world.store, world.clock, CountedIds(), nowhere)
    await notifier.ending(delivery, Reject(CLOSED, pause=True))
    (paused,) = await world.store.destinations.list()
    assert paused.state is DestinationState.PAUSED
    return paused


def later(world: World, after: timedelta) -> None:
    world.clock.set(world.clock.now() + after)


async def test_it_is_told_once_in_front_of_the_next_answer(world: World) -> None:
    one = await refused(world)
    later(world, MINUTE)
    told = await world.run("search flash attention")
    assert text_of(told).startswith(
        f"Your subscriptions on Slack are paused since Thu 20 Nov 13:00. {CLOSED}"
    )
    assert "Kernels for Flash Attention" in text_of(told)
    assert buttons_of(told)["Resume them"] == f"resume:{one.id}"
    assert "My subscriptions" in buttons_of(told)
    assert not told.shared
    assert "are paused since" not in text_of(await world.run("search flash attention"))


async def test_it_is_told_anew_when_it_is_paused_anew(world: World) -> None:
    await refused(world)
    told = await world.run("today")
    later(world, HOUR)
    resumed = await world.press(buttons_of(told)["Resume them"])
    assert "goes on, without a backlog" in text_of(resumed)
    later(world, DAY)
    await refused(world)
    assert "Your subscriptions on Slack are paused" in text_of(await world.run("today"))


async def paused_twice(world: World) -> None:
    """What comes to Ada at two times of day, both refused."""
    await world.run("subscribe robots")
    await world.run("subscribe letters at=18:00")
    for one in await world.store.destinations.list():
        at = world.clock.now()
        await world.store.destinations.set_state(one.id, DestinationState.PAUSED, f"Slack: {CLOSED}", at)


async def test_one_reason_is_told_once_whatever_the_times_of_day_and_ends_for_all(world: World) -> None:
    await paused_twice(world)
    told = await world.run("today")
    assert text_of(told).count("are paused since") == 1
    later(world, MINUTE)
    await world.press(buttons_of(told)["Resume them"])
    places = await world.store.destinations.list()
    assert [one.state for one in places] == [DestinationState.ACTIVE] * 2


async def test_nobody_else_is_told_and_nobody_of_a_pause_that_was_meant(world: World) -> None:
    await refused(world)
    assert "are paused" not in text_of(await world.run("today", BEN))
    (one,) = await world.store.destinations.list()
    await world.store.destinations.set_state(one.id, DestinationState.ACTIVE, "Ada", world.clock.now())
    await world.store.destinations.set_state(one.id, DestinationState.PAUSED, "Ada", world.clock.now())
    assert "are paused" not in text_of(await world.run("today"))


async def test_a_channel_that_is_refused_is_no_direct_message(world: World) -> None:
    one = await world.channel()
    await world.store.destinations.set_state(
        one.id, DestinationState.PAUSED, "Slack: It is archived.", world.clock.now()
    )
    assert "Your subscriptions" not in text_of(await world.run("today"))


# --- another way -----------------------------------------------------------------------------------


async def on_discord(identity: Identity) -> Route | None:
    return Route(surface="discord", address="@me/5") if identity == ELSEWHERE else None


@pytest.fixture
async def both(world: World, engine: Engine) -> World:
    """Ada is known on Discord too."""
    ada = await world.services.meet(ADA)
    row = (*ELSEWHERE, ada.recipient_id)
    await engine.write(
        lambda db: db.execute(
            "INSERT INTO identities (surface, tenant, user, recipient_id) VALUES (?, ?, ?, ?)", row
        )
    )
    world.services = replace(world.services, direct=on_discord)
    return world


async def test_they_may_go_to_another_surface_where_the_person_is_known(both: World) -> None:
    one = await refused(both)
    told = await both.run("today")
    assert "My subscriptions" not in buttons_of(told)
    action = buttons_of(told)["Send them by Discord instead"]
    assert action == f"move:{one.id} discord"
    later(both, MINUTE)
    said = text_of(await both.press(action))
    assert "comes to your direct messages on Discord from now on, without a backlog." in said
    (moved,) = await both.store.destinations.list()
    assert moved.route == Route(surface="discord", address="@me/5")
    assert moved.state is DestinationState.ACTIVE
    (subscription,) = await both.store.people.subscriptions(one.recipient_id)
    assert subscription.destination_ids == (moved.id,)


async def test_all_that_is_paused_for_one_reason_moves(both: World) -> None:
    await paused_twice(both)
    told = await both.run("today")
    later(both, MINUTE)
    await both.press(buttons_of(told)["Send them by Discord instead"])
    places = await both.store.destinations.list()
    assert [(one.route.surface, one.state) for one in places] == [("discord", DestinationState.ACTIVE)] * 2
    assert len({one.schedule.at for one in places}) == 2


async def test_they_join_others_that_come_there_at_that_time(both: World) -> None:
    one = await refused(both)
    other = replace(one, id="other", name="other", route=Route(surface="discord", address="@me/5"))
    (kept,) = await both.store.people.subscriptions(one.recipient_id)
    there = replace(kept, id="s-2", query="letters", destination_ids=("other",))
    await both.store.people.subscribe(there, replace(other, state=DestinationState.ACTIVE))

    await both.press(Action(Verb.MOVE, f"{one.id} discord"))

    assert [found.id for found in await both.store.destinations.list()] == ["other"], "one message for both"
    moved = await both.store.people.subscription(kept.id)
    assert moved is not None
    assert moved.destination_ids == ("other",)


@pytest.mark.parametrize(
    ("actor", "surface", "said"),
    [
        (BEN, "discord", "Those subscriptions are not there any more."),
        (ADA, "telegram", "You have no direct messages on Telegram that I know of."),
    ],
)
async def test_nothing_moves_that_is_not_theirs_or_to_nowhere(
    both: World, actor: Actor, surface: str, said: str
) -> None:
    one = await refused(both)
    await both.services.meet(actor)
    answer = await both.commands.press(f"move:{one.id} {surface}", actor, HERE, both.room)
    assert said in text_of(answer)
    assert (await both.store.destinations.list())[0].route == one.route
