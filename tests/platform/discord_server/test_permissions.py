"""Who may do what in the loopback Discord, as Discord documents that it is computed."""

from datetime import timedelta

import pytest

from tests.clocks import FakeClock
from tests.servers.discord.guild import Guild
from tests.servers.discord.permissions import ALL, NONE, PEOPLE, Permission
from tests.servers.discord.state import Channel, Member
from tests.servers.discord.world import World

SEND, VIEW, LINKS = Permission.SEND_MESSAGES, Permission.VIEW_CHANNEL, Permission.EMBED_LINKS


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def guild(clock: FakeClock) -> Guild:
    return World(clock.now).guild()


@pytest.fixture
def papers(guild: Guild) -> Channel:
    return guild.text_channel()


def test_everybody_has_what_all_have_and_what_their_roles_add(guild: Guild, papers: Channel) -> None:
    moderator = guild.role("moderator", Permission.MANAGE_MESSAGES)
    maya, jo = guild.member("maya"), guild.member("jo", roles=[moderator])
    assert guild.may(maya) == guild.may(maya, papers) == PEOPLE
    assert guild.may(jo) == PEOPLE | Permission.MANAGE_MESSAGES
    guild.give(jo)
    assert guild.may(jo) == PEOPLE


def test_the_owner_and_administrators_may_do_everything(guild: Guild, papers: Channel) -> None:
    admin = guild.member("ada", roles=[guild.role("admin", Permission.ADMINISTRATOR)])
    papers.overwrite(guild.everyone, deny=VIEW).overwrite(admin, deny=SEND)
    assert guild.may(admin, papers) == guild.may(guild.members[guild.owner.id], papers) == ALL


def test_overwrites_go_from_all_over_roles_to_the_member(guild: Guild, papers: Channel) -> None:
    one, two = guild.role("one"), guild.role("two")
    maya = guild.member("maya", roles=[one, two])
    papers.overwrite(guild.everyone, deny=SEND)
    assert SEND not in guild.may(maya, papers)
    papers.overwrite(one, allow=SEND).overwrite(two, deny=SEND)
    assert SEND in guild.may(maya, papers)  # of roles, what one allows beats what another denies
    papers.overwrite(maya, deny=SEND)
    assert SEND not in guild.may(maya, papers)
    papers.overwrite(maya, allow=SEND)
    assert SEND in guild.may(maya, papers)
    assert SEND not in guild.may(guild.member("jo"), papers)


def test_who_cannot_see_or_write_can_do_less_besides(guild: Guild, papers: Channel) -> None:
    maya = guild.member("maya")
    papers.overwrite(maya, deny=SEND)
    assert LINKS not in guild.may(maya, papers)
    papers.overwrite(maya, deny=VIEW)
    assert guild.may(maya, papers) == NONE


def test_somebody_silenced_only_reads(guild: Guild, papers: Channel, clock: FakeClock) -> None:
    maya = guild.member("maya")
    maya.silenced_until = clock.now() + timedelta(hours=1)
    assert guild.may(maya, papers) == VIEW | Permission.READ_MESSAGE_HISTORY
    clock.advance(timedelta(hours=1))
    assert guild.may(maya, papers) == PEOPLE


def test_a_thread_follows_its_channel_and_a_private_one_its_members(guild: Guild, papers: Channel) -> None:
    maya, jo = guild.member("maya"), guild.member("jo")
    public, private = guild.thread(papers), guild.thread(papers, private=True, owner=maya.user)
    papers.overwrite(guild.everyone, deny=SEND)
    assert LINKS in guild.may(jo, public)  # writing there is a permission of its own
    papers.overwrite(guild.everyone, deny=Permission.SEND_MESSAGES_IN_THREADS)
    assert LINKS not in guild.may(jo, public)
    assert guild.may(maya, private) != NONE
    assert guild.may(jo, private) == NONE
    papers.overwrite(jo, allow=Permission.MANAGE_THREADS)
    assert guild.may(jo, private) != NONE


def test_a_role_that_is_deleted_gives_nothing_any_more(guild: Guild, papers: Channel) -> None:
    role = guild.role("moderator", Permission.MANAGE_MESSAGES)
    maya: Member = guild.member("maya", roles=[role])
    papers.overwrite(role, deny=SEND)
    guild.delete_role(role)
    assert guild.may(maya, papers) == PEOPLE
    guild.leave(maya)
    assert maya.user.id not in guild.members
