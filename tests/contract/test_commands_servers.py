"""The channels of a server that share papers out: set up, tried, shown, and how messages are put up there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.model import Place, Reply
from bot.commands.registry import BY_NAME
from bot.errors import InputError
from bot.model import PLAIN_POSTING, Destination, Layout, Posting
from tests.contract.commands import ADA, DIRECT, Room, World, buttons_of, text_of, world
from tests.contract.test_planner import tick

__all__ = ["world"]


class Server(Room):
    """A Discord server: forums have tags by name, and what is put up is proved."""

    def __init__(self) -> None:
        super().__init__("discord")
        self.roles = {"4711": "Readers"}
        self.proved: list[Posting] = []

    async def prove_posting(
        self, place: Place, posting: Posting = PLAIN_POSTING, layout: Layout = Layout.COMPACT
    ) -> Posting:
        if posting.tag == "nonsense":
            raise InputError("There is no tag nonsense. It has papers.")
        self.proved.append(posting)
        return replace(await super().prove_posting(place, posting, layout), tag="99" if posting.tag else "")


def channel(name: str, **more: bool) -> Place:
    return Place(surface="discord", tenant="7", address=f"7/{name}", name=f"#{name}", **more)


VISION, ROBOTS, ALL = channel("vision"), channel("robots"), channel("all")


@pytest.fixture
def server(world: World) -> World:
    world.room = Server()
    return world


async def set_up(world: World, place: Place) -> Destination:
    found = await world.store.destinations.by_name(f"discord:{place.address}")
    assert found is not None
    return found


async def test_channels_of_a_server_share_papers_out_unless_they_are_told_to_repeat(server: World) -> None:
    await server.run("channel add topic=robotics", ADA, ROBOTS)
    await server.run("channel add repeats=yes", ADA, ALL)
    assert ((await set_up(server, ROBOTS)).group, (await set_up(server, ROBOTS)).query) == (
        "discord:7",
        "cat:robotics",
    )
    assert (await set_up(server, ALL)).group == ""
    changed = text_of(await server.run("channel edit repeats=no", ADA, ALL))
    assert changed.startswith("Changed: repeats from yes to no.")
    assert (await set_up(server, ALL)).group == "discord:7"
    shown = text_of(await server.run("channel show", ADA, ALL))
    assert "A paper that fits another channel here better goes there alone." in shown


async def test_elsewhere_nothing_is_shared_out(world: World) -> None:
    assert (await world.channel()).group == ""
    said = text_of(await world.run("channel edit repeats=no"))
    assert "`channel edit` has repeats= on Discord alone." in said


async def test_papers_are_shared_out_from_the_channel_itself(server: World) -> None:
    await server.run("channel add repeats=yes", ADA, ALL)
    one = await set_up(server, ALL)
    away = replace(DIRECT, surface="discord", tenant="")
    answer = await server.commands.submit(
        BY_NAME["channel edit"], {"repeats": "no"}, one.id, ADA, away, server.room
    )
    assert isinstance(answer, Reply)
    assert "Change that in the channel itself." in text_of(answer)


async def test_how_messages_are_put_up_is_proved_kept_and_shown_by_name(server: World) -> None:
    forum = channel("forum", forum=True)
    await server.run("channel add mention=<@&4711> tag=papers layout=embeds", ADA, forum)
    one = await set_up(server, forum)
    assert one.posting == Posting(mention="4711", forum=True, tag="99")
    assert one.layout is Layout.EMBEDS
    shown = text_of(await server.run("channel show", ADA, forum))
    assert "Mentions Readers; each in a thread of the forum tagged 99." in shown
    changed = text_of(await server.run("channel edit mention=none", ADA, forum))
    assert changed.startswith("Changed: mention from Readers to none.")
    assert (await set_up(server, forum)).posting == Posting(forum=True, tag="99")


async def test_what_cannot_be_put_up_like_that_is_told_and_nothing_is_set_up(server: World) -> None:
    said = text_of(await server.run("channel add publish=yes", ADA, ALL))
    assert "Only an announcement channel publishes what is posted, and #all is none." in said
    said = text_of(await server.run("channel add tag=nonsense", ADA, channel("forum", forum=True)))
    assert "There is no tag nonsense." in said
    assert await server.store.destinations.list() == []
    news = channel("news", announcements=True)
    await server.run("channel add publish=yes", ADA, news)
    assert (await set_up(server, news)).posting.publish


async def test_what_does_not_change_how_messages_are_put_up_asks_the_platform_nothing(server: World) -> None:
    await server.run("channel add", ADA, ALL)
    assert isinstance(server.room, Server)
    before = len(server.room.proved)
    await server.run("channel edit max=3", ADA, ALL)
    assert len(server.room.proved) == before


# --- tried on the last days ------------------------------------------------------------------------


async def test_a_new_channel_says_how_many_of_the_last_days_would_have_been_empty(server: World) -> None:
    added = text_of(await server.run("channel add days=daily", ADA, ALL))
    assert "The one day that is known would not have been empty." in added
    assert "Thu 20 Nov: 7 papers, such as “Attention in Small Places”" in added


async def test_a_new_channel_takes_the_other_channels_into_account(server: World) -> None:
    await server.run("channel add days=daily topic=robotics", ADA, ROBOTS)
    alone = text_of(await server.run("channel add days=daily filter=cat:cs.RO repeats=yes", ADA, VISION))
    assert "The one day that is known would not have been empty." in alone
    shared = text_of(await server.run("channel add days=daily filter=cat:cs.RO", ADA, channel("zz")))
    assert "The one day that is known would have been empty." in shared
    assert "Thu 20 Nov: no paper (3 went to another channel)" in shared
    assert "`/papers channel edit repeats=yes` lets papers come here too" in shared


async def test_where_most_days_are_empty_it_is_said_what_brings_more(world: World) -> None:
    added = await world.run("channel add days=daily floor=900")
    assert "`/papers channel edit floor=0` takes papers with fewer upvotes too." in text_of(added)
    assert "Post the first one now" in buttons_of(added)


async def test_status_and_preview_say_what_went_to_another_channel(server: World) -> None:
    await server.run("channel add at=11:00 zone=UTC topic=robotics", ADA, ROBOTS)
    await server.run("channel add at=11:00 zone=UTC", ADA, ALL)
    previewed = text_of(await server.run("channel preview", ADA, ALL))
    assert "3 papers went to #robots, which they fit better." in previewed
    await tick(server.store, server.clock.now() + timedelta(hours=23))
    server.clock.set(server.clock.now() + timedelta(hours=23, minutes=1))
    status = text_of(await server.run("status", ADA, ALL))
    assert "digest of 4 papers waiting to be sent; 3 papers went to #robots, which they fit better" in status
    shown = text_of(await server.run("channel show", ADA, ALL))
    assert "Last time 3 papers went to #robots, which they fit better." in shown
