"""Messages on the loopback Discord: sent, found by their nonce, read, changed and published."""

import io
from datetime import timedelta

import discord
import pytest

from tests.clocks import FakeClock
from tests.platform.discord_server.calls import button, error_of, row, select, send, text, text_channel, v2
from tests.platform.discord_server.conftest import Scene
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rest import DiscordRest
from tests.servers.discord.world import INVITED


async def test_the_client_is_told_who_it_is(rest: DiscordRest, client: discord.Client) -> None:
    assert client.user is not None
    assert client.user.name == "Paperboy"
    assert client.application is not None
    assert str(client.application.owner) == "operator"
    assert [one.route for one in rest.calls] == ["/users/@me", "/oauth2/applications/@me"]


async def test_a_wrong_token_is_refused(rest: DiscordRest, client: discord.Client) -> None:
    stranger = discord.Client(intents=discord.Intents.none())
    with pytest.raises(discord.LoginFailure):
        await stranger.login("another")
    await stranger.close()
    assert rest.calls[-1].status == 401
    assert rest.invalid == 1


async def test_a_nonce_makes_a_repeated_message_the_first_one_for_five_minutes(
    clock: FakeClock, scene: Scene, client: discord.Client
) -> None:
    channel = await text_channel(client, scene.papers.id)
    other = await text_channel(client, scene.guild.text_channel("other").id)
    first = await channel.send("one", nonce="k1")
    clock.advance(timedelta(minutes=4, seconds=59))
    assert (await channel.send("two", nonce="k1")).id == first.id
    assert (await other.send("three", nonce="k1")).id == first.id  # it is the author's, not the channel's
    clock.advance(timedelta(seconds=1))
    again = await channel.send("four", nonce="k1")
    assert again.id != first.id
    assert [one.content for one in scene.papers.messages.values()] == ["one", "four"]


async def test_a_nonce_that_is_not_enforced_repeats_the_message(scene: Scene, client: discord.Client) -> None:
    for _ in range(2):
        await send(client, scene.papers.id, {"content": "x", "nonce": "k1"})
    assert len(scene.papers.messages) == 2


async def test_history_is_read_in_every_direction(
    rest: DiscordRest, clock: FakeClock, scene: Scene, client: discord.Client
) -> None:
    channel = await text_channel(client, scene.papers.id)
    sent = []
    for number in range(7):
        sent.append(await channel.send(str(number)))
        clock.advance(timedelta(minutes=1))

    async def contents(**where: object) -> str:
        return "".join([one.content async for one in channel.history(**where)])  # type: ignore[arg-type]  # as typed below

    assert await contents() == "6543210"
    assert await contents(limit=2) == "65"
    assert await contents(before=sent[3], limit=2) == "21"
    assert await contents(after=sent[3], limit=2) == "45"
    assert await contents(around=sent[3], limit=3) == "432"
    assert await contents(after=sent[4].created_at, oldest_first=False) == "65"
    assert await error_of(client.http.logs_from(channel.id, 101)) == (400, 50035)
    assert await error_of(client.http.logs_from(channel.id, 5, before=1, after=2)) == (400, 50035)
    assert len(rest.forgive()) == 3


async def test_history_needs_its_permission(scene: Scene, client: discord.Client) -> None:
    channel = await text_channel(client, scene.papers.id)
    sent = await channel.send("x")
    scene.papers.overwrite(scene.guild.me, deny=Permission.READ_MESSAGE_HISTORY)
    assert [one async for one in channel.history()] == []
    assert await error_of(channel.fetch_message(sent.id)) == (403, 50001)
    scene.papers.overwrite(scene.guild.me, deny=Permission.VIEW_CHANNEL)
    assert await error_of(client.http.logs_from(channel.id, 5)) == (403, 50001)


async def test_what_others_wrote_is_read_only_with_the_intent(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    channel = await text_channel(client, scene.papers.id)
    rest.world.say(scene.papers, scene.maya.user, "see arxiv.org/abs/2508.13426")
    await channel.send("mine")
    assert [one.content async for one in channel.history()] == ["mine", ""]
    rest.world.application.reads_content = True
    assert [one.content async for one in channel.history()] == ["mine", "see arxiv.org/abs/2508.13426"]


@pytest.mark.parametrize(
    ("denied", "body", "error"),
    [
        (Permission.VIEW_CHANNEL, {"content": "x"}, (403, 50001)),
        (Permission.SEND_MESSAGES, {"content": "x"}, (403, 50013)),
        (Permission.EMBED_LINKS, {"embeds": [{"title": "x"}]}, (403, 50013)),
        (
            Permission.READ_MESSAGE_HISTORY,
            {"content": "x", "message_reference": {"message_id": "1"}},
            (403, 160002),
        ),
    ],
)
async def test_a_missing_permission_is_told(
    scene: Scene, client: discord.Client, denied: Permission, body: dict[str, object], error: tuple[int, int]
) -> None:
    scene.papers.overwrite(scene.guild.everyone, allow=Permission(-1 & (1 << 50) - 1))
    scene.papers.overwrite(scene.guild.me, deny=denied)
    assert await error_of(send(client, scene.papers.id, body)) == error
    scene.guild.allow(
        next(one for one in scene.guild.roles.values() if one.managed), Permission.ADMINISTRATOR
    )
    if "message_reference" not in body:
        await send(client, scene.papers.id, body)


async def test_places_that_hold_no_messages(rest: DiscordRest, scene: Scene, client: discord.Client) -> None:
    guild = scene.guild
    elsewhere = rest.world.guild("Elsewhere", bot=False).text_channel()
    answers = {
        "1": (404, 10003),
        elsewhere.id: (403, 50001),
        guild.category().id: (400, 50008),
        guild.forum().id: (400, 40058),
    }
    for channel_id, error in answers.items():
        assert await error_of(send(client, channel_id, {"content": "x"})) == error, channel_id
    guild.delete_channel(scene.papers)
    assert await error_of(send(client, scene.papers.id, {"content": "x"})) == (404, 10003)
    await send(client, guild.voice_channel().id, {"content": "x"})
    voice = guild.voice_channel()
    rest.world.outage(guild)
    assert (await error_of(send(client, voice.id, {"content": "x"})))[0] == 503


async def test_a_message_is_changed_and_deleted_by_its_author(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    told: list[str] = []
    rest.world.listeners.append(lambda change: told.append(change.event))
    channel = await text_channel(client, scene.papers.id)
    message = await channel.send("one", suppress_embeds=True)
    assert (await message.edit(content="two")).edited_at is not None
    await message.delete()
    assert await error_of(message.delete()) == (404, 10008)
    assert told == ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"]
    theirs = rest.world.say(scene.papers, scene.maya.user, "hi")
    partial = channel.get_partial_message(int(theirs.id))
    assert await error_of(partial.edit(content="x")) == (403, 50005)
    assert await error_of(partial.delete()) == (403, 50013)
    scene.papers.overwrite(scene.guild.me, allow=Permission.MANAGE_MESSAGES)
    await partial.delete()
    assert scene.papers.messages == {}


async def test_only_those_are_told_whom_the_message_names_and_the_app_allows(
    scene: Scene, client: discord.Client
) -> None:
    open_role = scene.guild.role("readers", mentionable=True)
    closed_role = scene.guild.role("staff")
    named = f"<@&{open_role.id}> <@&{closed_role.id}> <@{scene.maya.user.id}> @everyone"

    async def told(**allowed: object) -> tuple[list[str], list[str], bool]:
        sent = await send(client, scene.papers.id, {"content": named, **allowed})
        message = scene.papers.messages[sent["id"]]
        return [one.name for one in message.mentions], message.mention_roles, message.mention_everyone

    assert await told() == (["maya"], [open_role.id], False)
    assert await told(allowed_mentions={"parse": []}) == ([], [], False)
    only = {"parse": [], "roles": [open_role.id, closed_role.id]}
    assert await told(allowed_mentions=only) == ([], [open_role.id], False)
    own = next(one for one in scene.guild.roles.values() if one.managed)
    scene.guild.allow(own, INVITED | Permission.MENTION_EVERYONE)
    assert await told(allowed_mentions=only) == ([], [open_role.id, closed_role.id], False)
    assert await told(allowed_mentions={"parse": ["everyone"]}) == ([], [], True)
    in_text = await send(client, scene.papers.id, v2(text(named), allowed_mentions=only))
    assert in_text["mention_roles"] == [open_role.id, closed_role.id]
    in_embed = await send(client, scene.papers.id, {"embeds": [{"description": named}]})
    assert in_embed["mention_roles"] == []


async def test_components_come_back_with_ids_and_can_be_changed(scene: Scene, client: discord.Client) -> None:
    sent = await send(client, scene.papers.id, v2({"type": 17, "components": [text(), row(button(id=2))]}))
    (container,) = sent["components"]
    assert (container["id"], container["accent_color"]) == (1, None)
    assert [one["id"] for one in container["components"]] == [3, 4]
    channel = await text_channel(client, scene.papers.id)
    message = await channel.fetch_message(int(sent["id"]))
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.TextDisplay("changed"))
    await message.edit(view=view)
    (kept,) = scene.papers.messages.values()
    assert [one["content"] for one in kept.components] == ["changed"]
    assert kept.flags == 1 << 15  # once set, it stays


async def test_a_file_comes_with_a_message(rest: DiscordRest, scene: Scene, client: discord.Client) -> None:
    channel = await text_channel(client, scene.papers.id)
    scene.papers.overwrite(scene.guild.me, deny=Permission.ATTACH_FILES)
    assert await error_of(channel.send(file=discord.File(io.BytesIO(b"BIB"), "a.bib"))) == (403, 50013)
    scene.papers.overwrite(scene.guild.me, allow=Permission.ATTACH_FILES)
    sent = await channel.send("papers", file=discord.File(io.BytesIO(b"BIB"), "papers.bib"))
    assert [(one.filename, one.size) for one in sent.attachments] == [("papers.bib", 3)]
    assert rest.calls[-1].files["files[0]"].content == b"BIB"


async def test_a_message_is_published_once_and_ten_in_an_hour(
    rest: DiscordRest, clock: FakeClock, scene: Scene, client: discord.Client
) -> None:
    news = scene.guild.announcement_channel()
    client.http.max_ratelimit_timeout = 30.0

    async def published(channel_id: str) -> tuple[int, int]:
        sent = await send(client, channel_id, {"content": "x"})
        await client.http.publish_message(int(channel_id), int(sent["id"]))
        return await error_of(client.http.publish_message(int(channel_id), int(sent["id"])))

    assert await published(news.id) == (400, 40033)
    assert await error_of(published(scene.papers.id)) == (400, 50024)
    for _ in range(9):
        await published(news.id)
    with pytest.raises(discord.RateLimited) as caught:
        await published(news.id)
    assert caught.value.retry_after == 3600
    assert rest.calls[-1].status == 429
    clock.advance(timedelta(hours=1))
    await published(news.id)
    assert sum(one.crossposted for one in news.messages.values()) == 11


async def test_direct_messages_may_be_closed_or_nobodys_business(
    rest: DiscordRest, clock: FakeClock, scene: Scene, client: discord.Client
) -> None:
    maya = await client.fetch_user(int(scene.maya.user.id))
    assert (await maya.send("hello")).channel.id == int(rest.world.direct(scene.maya.user).id)
    scene.maya.user.closed = True
    assert await error_of(maya.send("hello")) == (403, 50007)
    stranger = rest.world.user("stranger")
    theirs = await client.fetch_user(int(stranger.id))
    assert await error_of(theirs.send("hello")) == (403, 50278)
    rest.world.user_installs.add(stranger.id)
    await theirs.send("hello")
    rest.world.direct_openings = 2  # those two
    late = await client.fetch_user(int(scene.guild.member("late").user.id))
    assert await error_of(late.create_dm()) == (403, 40003)
    clock.advance(timedelta(minutes=10))
    await late.create_dm()
    assert await error_of(client.http.start_private_message(1)) == (400, 50033)
    assert [one.content for one in rest.world.direct(stranger).messages.values()] == ["hello"]


async def test_a_message_answers_another(scene: Scene, client: discord.Client) -> None:
    channel = await text_channel(client, scene.papers.id)
    first = await channel.send("papers")
    answer = await first.reply("more")
    assert answer.type is discord.MessageType.reply
    assert answer.reference is not None
    assert answer.reference.message_id == first.id
    await first.delete()
    gone = {"message_reference": {"message_id": str(first.id), "fail_if_not_exists": False}}
    assert (await send(client, scene.papers.id, {"content": "x", **gone}))["type"] == 0
    async with channel.typing():
        scene.papers.overwrite(scene.guild.me, deny=Permission.SEND_MESSAGES)
    assert await error_of(client.http.send_typing(channel.id)) == (403, 50013)


async def test_an_answer_to_what_is_gone_fails_the_test(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    body = {"content": "x", "message_reference": {"message_id": "1"}}
    assert await error_of(send(client, scene.papers.id, body)) == (400, 50035)
    assert rest.forgive() == ["POST /channels/{channel_id}/messages: message_reference: Unknown message"]


async def test_files_stay_and_go_with_an_edit(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    channel = await text_channel(client, scene.papers.id)
    scene.papers.overwrite(scene.guild.me, allow=Permission.ATTACH_FILES)
    message = await channel.send(file=discord.File(io.BytesIO(b"one"), "one.bib", description="One"))
    message = await message.edit(content="still there")
    message = await message.add_files(discord.File(io.BytesIO(b"two"), "two.bib"))
    assert [one.filename for one in message.attachments] == ["one.bib", "two.bib"]
    message = await message.remove_attachments(message.attachments[0])
    assert [one.filename for one in message.attachments] == ["two.bib"]
    unknown = send(client, scene.papers.id, {"content": "x", "attachments": [{"id": "0"}]})
    assert await error_of(unknown) == (400, 50035)
    assert "neither a file of this request nor one before" in rest.forgive()[0]


async def test_every_kind_of_component_comes_back_as_discord_shows_it(
    scene: Scene, client: discord.Client
) -> None:
    picture = {"type": 11, "media": {"url": "https://example.org/plot.png"}}
    section = {"type": 9, "components": [text()], "accessory": picture}
    container = {"type": 17, "accent_color": 1, "components": [text(), {"type": 14}, row(select())]}
    sent = await send(
        client, scene.papers.id, v2(section, container)
    )  # and is held against the specification
    assert [one["type"] for one in sent["components"]] == [9, 17]
    channel = await text_channel(client, scene.papers.id)
    message = await channel.fetch_message(int(sent["id"]))
    view = discord.ui.LayoutView.from_message(message)
    assert view.content_length() == 10


async def test_what_was_published_stays_so_through_an_edit(scene: Scene, client: discord.Client) -> None:
    news = scene.guild.announcement_channel()
    message = await (await text_channel(client, news.id)).send("x")
    await message.publish()
    await message.edit(content="y", suppress=True)
    assert [(one.content, one.flags) for one in news.messages.values()] == [("y", 1 | 1 << 2)]
