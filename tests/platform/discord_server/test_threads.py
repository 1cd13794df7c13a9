"""Threads and forums on the loopback Discord."""

from datetime import timedelta

import discord
from discord.http import Route

from tests.clocks import FakeClock
from tests.platform.discord_server.calls import error_of, send, text_channel
from tests.platform.discord_server.conftest import Scene
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rest import DiscordRest
from tests.servers.discord.state import Channel


async def forum_channel(client: discord.Client, channel: Channel) -> discord.ForumChannel:
    found = await client.fetch_channel(int(channel.id))
    assert isinstance(found, discord.ForumChannel)
    return found


async def test_a_forum_takes_threads_with_its_tags(scene: Scene, client: discord.Client) -> None:
    made = scene.guild.forum("papers", ["daily"], moderated=["pinned"], require_tag=True)
    forum = await forum_channel(client, made)
    daily, pinned = forum.available_tags
    assert forum.flags.require_tag
    assert await error_of(forum.create_thread(name="Monday", content="x")) == (400, 40067)
    unknown = forum.create_thread(name="Monday", content="x", applied_tags=[discord.Object(1)])  # type: ignore[list-item]  # a tag that is gone
    assert await error_of(unknown) == (404, 10087)
    moderated = forum.create_thread(name="Monday", content="x", applied_tags=[pinned])
    assert await error_of(moderated) == (403, 50013)
    posted = await forum.create_thread(name="Monday", content="papers", applied_tags=[daily])
    assert posted.message.id == posted.thread.id
    (thread,) = made.threads
    assert (thread.name, thread.applied_tags) == ("Monday", [str(daily.id)])
    assert [one.content for one in thread.messages.values()] == ["papers"]
    assert thread.sent == 0  # the first message does not count
    await posted.thread.send("more")
    assert thread.sent == 1
    made.overwrite(scene.guild.me, deny=Permission.SEND_MESSAGES)
    refused = forum.create_thread(name="Tuesday", content="x", applied_tags=[daily])
    assert await error_of(refused) == (403, 50013)


async def test_a_forum_takes_no_nonce(rest: DiscordRest, scene: Scene, client: discord.Client) -> None:
    made = scene.guild.forum()
    body = {"name": "Monday", "message": {"content": "x", "nonce": "k1", "enforce_nonce": True}}
    route = Route("POST", f"/channels/{made.id}/threads")
    assert await error_of(client.http.request(route, json=body)) == (400, 50035)
    assert sorted(one.rsplit(": ", 1)[1] for one in rest.forgive()) == [
        "enforce_nonce is no field of this",
        "nonce is no field of this",
    ]


async def test_a_thread_is_started_from_a_message_once(scene: Scene, client: discord.Client) -> None:
    channel = await text_channel(client, scene.papers.id)
    message = await channel.send("papers")
    thread = await message.create_thread(name="more")
    assert thread.id == message.id
    assert await error_of(message.create_thread(name="again")) == (400, 160004)
    assert scene.papers.messages[str(message.id)].flags == 1 << 5
    await thread.send("one")
    assert [(one.type, one.content) async for one in thread.history(oldest_first=True)] == [
        (discord.MessageType.thread_starter_message, ""),
        (discord.MessageType.default, "one"),
    ]
    kept = scene.guild.threads[str(thread.id)]
    assert ([one.content for one in kept.written], kept.sent) == (["one"], 1)
    news = await text_channel(client, scene.guild.announcement_channel().id)
    of_news = await (await news.send("papers")).create_thread(name="more")
    assert of_news.type is discord.ChannelType.news_thread
    scene.papers.overwrite(scene.guild.me, deny=Permission.CREATE_PUBLIC_THREADS)
    other = await channel.send("papers")
    assert await error_of(other.create_thread(name="more")) == (403, 50013)


async def test_a_thread_without_a_message(scene: Scene, client: discord.Client) -> None:
    channel = await text_channel(client, scene.papers.id)
    assert await error_of(channel.create_thread(name="quiet")) == (403, 50013)  # it would be a private one
    public = await channel.create_thread(name="papers", type=discord.ChannelType.public_thread)
    await public.send("hello")
    (notice,) = scene.papers.messages.values()
    assert (notice.type, notice.content, scene.papers.written) == (18, "papers", [])
    scene.papers.overwrite(scene.guild.me, deny=Permission.SEND_MESSAGES_IN_THREADS)
    assert await error_of(public.send("hello")) == (403, 50013)


async def test_an_archived_thread_opens_again_unless_it_is_locked(
    scene: Scene, client: discord.Client
) -> None:
    channel = await text_channel(client, scene.papers.id)
    thread = await (await channel.send("papers")).create_thread(name="more")
    kept = scene.guild.threads[str(thread.id)]
    message = await thread.send("one")
    scene.guild.archive(kept)
    assert await error_of(message.edit(content="x")) == (400, 50083)
    assert await error_of(thread.add_user(discord.Object(int(scene.maya.user.id)))) == (400, 50083)
    await thread.send("two")
    assert not kept.archived
    await thread.add_user(discord.Object(int(scene.maya.user.id)))
    scene.guild.archive(kept, locked=True)
    assert await error_of(thread.send("three")) == (403, 160005)
    scene.papers.overwrite(scene.guild.me, allow=Permission.MANAGE_THREADS)
    await thread.send("four")
    await thread.edit(archived=True, locked=True)
    assert (kept.archived, kept.locked) == (True, True)
    scene.papers.overwrite(scene.guild.me)
    assert await error_of(thread.edit(name="x")) == (400, 50083)
    assert await error_of(thread.edit(archived=False)) == (403, 50013)  # it is locked
    assert await error_of(thread.delete()) == (403, 50013)
    scene.papers.overwrite(scene.guild.me, allow=Permission.MANAGE_THREADS)
    await thread.delete()
    assert await error_of(send(client, kept.id, {"content": "x"})) == (404, 10003)


async def test_threads_are_listed_while_they_are_active_and_afterwards(
    clock: FakeClock, scene: Scene, client: discord.Client
) -> None:
    made = scene.guild.forum()
    forum = await forum_channel(client, made)
    for name in ("one", "two", "three"):
        await forum.create_thread(name=name, content="x")
        clock.advance(timedelta(minutes=1))
    secret = scene.guild.text_channel("secret").overwrite(scene.guild.everyone, deny=Permission.VIEW_CHANNEL)
    scene.guild.thread(secret, "unseen")
    guild = await client.fetch_guild(int(scene.guild.id))
    assert [one.name for one in await guild.active_threads()] == ["three", "two", "one"]
    for thread in made.threads[:2]:
        scene.guild.archive(thread)
        clock.advance(timedelta(minutes=1))
    assert [one.name for one in await guild.active_threads()] == ["three"]
    assert [one.name async for one in forum.archived_threads()] == ["two", "one"]
    assert [one.name async for one in forum.archived_threads(limit=2, before=clock.now())] == ["two", "one"]
    early = clock.now() - timedelta(minutes=1)
    assert [one.name async for one in forum.archived_threads(before=early)] == ["one"]
    made.overwrite(scene.guild.me, deny=Permission.READ_MESSAGE_HISTORY)
    refused = client.http.get_public_archived_threads(forum.id)
    assert await error_of(refused) == (403, 50013)


async def test_the_bot_joins_and_leaves_threads_and_calls_others_in(
    scene: Scene, client: discord.Client
) -> None:
    made = scene.guild.thread(scene.papers, owner=scene.maya.user)
    thread = await client.fetch_channel(int(made.id))
    assert isinstance(thread, discord.Thread)
    await thread.join()
    assert made.thread_members == {scene.maya.user.id, scene.guild.me.user.id}
    await thread.leave()
    assert made.thread_members == {scene.maya.user.id}
    assert await error_of(thread.add_user(discord.Object(1))) == (404, 10007)
    assert await error_of(client.http.join_thread(int(scene.papers.id))) == (400, 50024)
    assert await error_of(thread.edit(name="x")) == (403, 50013)  # it is not the bot's
    assert await error_of(client.http.delete_channel(int(scene.papers.id))) == (400, 50024)
    assert await error_of(client.http.edit_channel(int(scene.papers.id), name="x")) == (400, 50024)


async def test_only_its_own_kind_of_thread_stands_in_a_channel(scene: Scene, client: discord.Client) -> None:
    news = await text_channel(client, scene.guild.announcement_channel().id)
    public = news.create_thread(name="x", type=discord.ChannelType.public_thread)
    assert await error_of(public) == (400, 50024)
    voice = scene.guild.voice_channel()
    sent = await send(client, voice.id, {"content": "x"})
    route = Route("POST", f"/channels/{voice.id}/messages/{sent['id']}/threads")
    assert await error_of(client.http.request(route, json={"name": "x"})) == (400, 50024)


async def test_a_server_has_room_for_a_thousand_active_threads(scene: Scene, client: discord.Client) -> None:
    for _ in range(1_000):
        made = scene.guild.thread(scene.papers)
    channel = await text_channel(client, scene.papers.id)
    message = await channel.send("x")
    assert await error_of(message.create_thread(name="x")) == (400, 160006)
    scene.guild.archive(made)
    await message.create_thread(name="x")
