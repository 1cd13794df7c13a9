"""Rights and channels, asked of Discord: what may be done there, and the sentence for what may not."""

from collections.abc import AsyncIterator

import pytest

from adapters.discord.address import Address
from adapters.discord.offer import SURFACE
from adapters.discord.session import Session
from adapters.discord.surface import DiscordSurface
from bot.commands.model import Actor, Place
from bot.errors import ConfigError, InputError
from bot.model import PLAIN_POSTING, Layout, Posting
from bot.people.model import Identity
from tests.servers.discord.guild import Guild
from tests.servers.discord.permissions import PEOPLE, Permission
from tests.servers.discord.rest import DiscordRest
from tests.servers.discord.state import Channel, Member


@pytest.fixture
async def discord() -> AsyncIterator[DiscordRest]:
    async with DiscordRest() as server:
        yield server


@pytest.fixture
async def surface(discord: DiscordRest) -> AsyncIterator[DiscordSurface]:
    session = Session(discord.world.token, discord.api_url)
    yield DiscordSurface(session, command="papers")
    await session.aclose()


@pytest.fixture
def guild(discord: DiscordRest) -> Guild:
    return discord.world.guild()


def place(channel: Channel) -> Place:
    assert channel.guild is not None
    address = str(Address(channel.guild.id, channel.id))
    return Place(surface=SURFACE, tenant=channel.guild.id, address=address, name=f"#{channel.name}")


def actor(member: Member) -> Actor:
    return Actor(identity=Identity(SURFACE, "", member.user.id), name=member.user.name)


def forbid(channel: Channel, permission: Permission) -> None:
    """From us, in that channel."""
    assert channel.guild is not None
    channel.overwrite(channel.guild.me, deny=permission)


async def refusal(
    surface: DiscordSurface,
    channel: Channel,
    posting: Posting = PLAIN_POSTING,
    layout: Layout = Layout.COMPACT,
) -> str:
    with pytest.raises(InputError) as caught:
        await surface.prove_posting(place(channel), posting, layout)
    return str(caught.value)


# --- posting -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "permission", "name"),
    [
        (Layout.EMBEDS, Permission.EMBED_LINKS, "Embed Links"),
        (Layout.THREAD, Permission.CREATE_PUBLIC_THREADS, "Create Public Threads"),
        (Layout.THREAD, Permission.SEND_MESSAGES_IN_THREADS, "Send Messages in Threads"),
    ],
)
async def test_what_a_layout_needs_is_named_where_it_is_missing(
    surface: DiscordSurface, guild: Guild, layout: Layout, permission: Permission, name: str
) -> None:
    channel = guild.text_channel()
    forbid(channel, permission)
    assert await surface.prove_posting(place(channel)) == PLAIN_POSTING, "compact does without"
    assert f"permission {name} in" in await refusal(surface, channel, layout=layout)


async def test_what_can_be_posted_to_is_said_to_be_so(surface: DiscordSurface, guild: Guild) -> None:
    text = guild.text_channel()
    for channel in (text, guild.announcement_channel(), guild.voice_channel(), guild.thread(text)):
        assert await surface.prove_posting(place(channel)) == PLAIN_POSTING
    assert await surface.prove_posting(place(guild.forum())) == Posting(forum=True)


@pytest.mark.parametrize(
    ("layout", "denied", "name"),
    [
        (Layout.EMBEDS, Permission.EMBED_LINKS, "Embed Links"),
        (Layout.THREAD, Permission.CREATE_PUBLIC_THREADS, "Create Public Threads"),
        (Layout.THREAD, Permission.SEND_MESSAGES_IN_THREADS, "Send Messages in Threads"),
    ],
)
async def test_a_layout_has_needs_of_its_own(
    surface: DiscordSurface, guild: Guild, layout: Layout, denied: Permission, name: str
) -> None:
    channel = guild.text_channel()
    forbid(channel, denied)
    assert await surface.prove_posting(place(channel)) == PLAIN_POSTING
    assert name in await refusal(surface, channel, layout=layout)


@pytest.mark.parametrize(
    ("denied", "name"),
    [(Permission.SEND_MESSAGES, "Send Messages"), (Permission.VIEW_CHANNEL, "View Channels")],
)
async def test_a_missing_permission_is_named(
    surface: DiscordSurface, guild: Guild, denied: Permission, name: str
) -> None:
    channel = guild.text_channel()
    forbid(channel, denied)
    told = await refusal(surface, channel)
    assert name in told
    assert "do this again" in told


async def test_several_missing_permissions_are_named_together(surface: DiscordSurface, guild: Guild) -> None:
    forum = guild.forum()
    forbid(forum, Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS)
    assert "permissions Send Messages and Send Messages in Threads in #papers-forum" in await refusal(
        surface, forum
    )


async def test_threads_need_their_own_permission_and_are_not_locked(
    surface: DiscordSurface, guild: Guild
) -> None:
    parent = guild.text_channel()
    thread = guild.thread(parent, "reading")
    guild.archive(thread)
    assert await surface.prove_posting(place(thread)) == PLAIN_POSTING, "posting there opens it again"
    guild.archive(thread, locked=True)
    assert "locked" in await refusal(surface, thread)
    other = guild.thread(parent)
    forbid(parent, Permission.SEND_MESSAGES_IN_THREADS)
    assert "Send Messages in Threads" in await refusal(surface, other)


async def test_what_is_no_channel_of_messages_is_refused(surface: DiscordSurface, guild: Guild) -> None:
    assert "no channel of messages" in await refusal(surface, guild.category())


async def test_a_channel_that_is_gone_or_of_another_server_is_refused(
    surface: DiscordSurface, guild: Guild, discord: DiscordRest
) -> None:
    channel = guild.text_channel()
    guild.delete_channel(channel)
    assert await refusal(surface, channel) == "That channel is not there any more."
    other = discord.world.guild("Other").text_channel()
    strange = Place(
        surface=SURFACE, tenant=guild.id, address=str(Address(guild.id, other.id)), name="#elsewhere"
    )
    with pytest.raises(InputError, match="another server"):
        await surface.prove_posting(strange)


async def test_only_announcement_channels_publish(surface: DiscordSurface, guild: Guild) -> None:
    wanted = Posting(publish=True)
    assert await surface.prove_posting(place(guild.announcement_channel()), wanted) == wanted
    assert "Only an announcement channel publishes" in await refusal(surface, guild.text_channel(), wanted)


async def test_a_forum_that_wants_tags_gets_one_that_it_has(surface: DiscordSurface, guild: Guild) -> None:
    forum = guild.forum(tags=["News", "Papers"], require_tag=True)
    assert "with tag: News, Papers." in await refusal(surface, forum)
    assert "no tag of that name. Its tags: News, Papers." in await refusal(surface, forum, Posting(tag="x"))
    papers = forum.tags[1].id
    for name in ("papers", papers):
        found = await surface.prove_posting(place(forum), Posting(tag=name))
        assert found == Posting(forum=True, tag=papers)
    assert "Only what is posted in a forum" in await refusal(surface, guild.text_channel(), Posting(tag="x"))


async def test_a_tag_for_moderators_needs_the_permission(surface: DiscordSurface, guild: Guild) -> None:
    forum = guild.forum(moderated=["Official"])
    assert "Manage Threads" in await refusal(surface, forum, Posting(tag="official"))


async def test_a_role_is_mentioned_only_where_we_may(surface: DiscordSurface, guild: Guild) -> None:
    channel = guild.text_channel()
    readers = guild.role("readers", mentionable=True)
    wanted = Posting(mention=readers.id)
    assert await surface.prove_posting(place(channel), wanted) == wanted
    quiet = guild.role("quiet")
    assert "Mention @everyone, @here and All Roles" in await refusal(
        surface, channel, Posting(mention=quiet.id)
    )
    assert "never everyone" in await refusal(surface, channel, Posting(mention=guild.id))
    assert "not there any more" in await refusal(surface, channel, Posting(mention="123456789012345678"))


async def test_roles_and_tags_are_named(surface: DiscordSurface, guild: Guild) -> None:
    forum = guild.forum(tags=["News"])
    readers = guild.role("readers")
    posting = Posting(mention=readers.id, forum=True, tag=forum.tags[0].id)
    named = await surface.named(place(forum), posting)
    assert (named.mention, named.tag) == ("@readers", "News")
    assert await surface.named(place(forum), PLAIN_POSTING) == PLAIN_POSTING


# --- rights --------------------------------------------------------------------------------------


async def test_managing_is_for_who_manages_that_very_channel(surface: DiscordSurface, guild: Guild) -> None:
    one, other = guild.text_channel("one"), guild.text_channel("other")
    maya, owner = guild.member("maya"), guild.members[guild.owner.id]
    keeper = guild.member("keeper", roles=[guild.role("keepers", Permission.MANAGE_GUILD)])
    admin = guild.member("admin", roles=[guild.role("admins", Permission.ADMINISTRATOR)])
    one.overwrite(maya, allow=Permission.MANAGE_CHANNELS)
    assert await surface.may_manage(actor(maya), place(one))
    assert not await surface.may_manage(actor(maya), place(other))
    for who in (owner, keeper, admin):
        assert await surface.may_manage(actor(who), place(other))


async def test_who_is_no_member_may_nothing(
    surface: DiscordSurface, guild: Guild, discord: DiscordRest
) -> None:
    stranger = Actor(identity=Identity(SURFACE, "", discord.world.user("eve").id), name="eve")
    channel = guild.text_channel()
    assert not await surface.may_manage(stranger, place(channel))
    assert not await surface.may_post(stranger, place(channel))


async def test_posting_is_for_who_may_write_there(surface: DiscordSurface, guild: Guild) -> None:
    channel, maya = guild.text_channel(), guild.member("maya")
    assert await surface.may_post(actor(maya), place(channel))
    guild.allow(guild.everyone, PEOPLE & ~(Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS))
    assert not await surface.may_post(actor(maya), place(channel))


# --- people and messages -------------------------------------------------------------------------


async def test_direct_messages_are_opened_once(surface: DiscordSurface, discord: DiscordRest) -> None:
    maya = discord.world.guild().member("maya")
    address = await surface.direct_address(actor(maya).identity)
    assert address == f"@me/{discord.world.direct(maya.user).id}"
    assert await surface.direct_address(actor(maya).identity) == address
    assert len(discord.called("POST", "/users/@me/channels")) == 1


async def test_each_request_is_told_of_when_it_leaves(discord: DiscordRest) -> None:
    asked: list[int] = []
    session = Session(discord.world.token, discord.api_url, lambda: asked.append(len(discord.calls)))
    surface = DiscordSurface(session, command="papers")
    try:
        await surface.direct_address(actor(discord.world.guild().member("maya")).identity)
    finally:
        await session.aclose()
    assert asked == list(range(len(discord.calls)))  # before each, and nothing else


async def test_a_posted_message_is_deleted_and_deleting_again_is_no_error(
    surface: DiscordSurface, discord: DiscordRest, guild: Guild
) -> None:
    channel = guild.text_channel()
    message = discord.world.say(channel, discord.world.bot, "A digest.")
    for _ in range(2):
        await surface.delete(place(channel).address or "", f"{channel.id}/{message.id}")
    assert channel.messages == {}


async def test_a_token_that_is_unknown_is_told_in_a_sentence(discord: DiscordRest, guild: Guild) -> None:
    session = Session("a.wrong.token", discord.api_url)
    with pytest.raises(ConfigError, match="setup discord"):
        await DiscordSurface(session, command="papers").prove_posting(place(guild.text_channel()))
    await session.aclose()
    discord.forgive()


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("help", "/papers help"),
        ("search flash attention", "/papers search query:flash attention"),
        ("channel add at=9:00 zone=Europe/Berlin", "/papers-channel add at:9:00 zone:Europe/Berlin"),
        (
            "channel edit filter='cat:cs.CL OR cat:cs.LG'",
            "/papers-channel edit filter:cat:cs.CL OR cat:cs.LG",
        ),
        ("help channel add", "/papers help topic:channel add"),
        ("save 1706.03762", "/papers save paper:1706.03762"),
    ],
)
async def test_commands_are_told_as_they_are_typed_here(
    surface: DiscordSurface, text: str, typed: str
) -> None:
    assert surface.typed(text) == typed
