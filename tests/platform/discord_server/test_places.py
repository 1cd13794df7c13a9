"""Servers, members and the application's commands on the loopback Discord."""

from datetime import timedelta
from typing import Any

import discord
from discord.http import Route

from tests.clocks import FakeClock
from tests.platform.discord_server.calls import error_of
from tests.platform.discord_server.conftest import Scene
from tests.servers.discord.rest import DiscordRest


async def test_a_server_is_described_to_those_who_are_in_it(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    role = scene.guild.role("readers", mentionable=True)
    scene.guild.forum("papers-forum", ["daily"])
    scene.guild.crowd = 20_000
    guild = await client.fetch_guild(int(scene.guild.id))
    assert (guild.name, guild.approximate_member_count) == ("Acme Lab", 20_003)
    assert {one.name for one in await guild.fetch_roles()} == {"@everyone", "Paperboy", "readers"}
    assert (await guild.fetch_role(int(role.id))).mentionable
    assert [one.name for one in await guild.fetch_channels()] == ["papers", "papers-forum"]
    maya = await guild.fetch_member(int(scene.maya.user.id))
    assert maya.name == "maya"
    assert await error_of(guild.fetch_member(1)) == (404, 10013)
    stranger = rest.world.user("stranger")
    assert await error_of(guild.fetch_member(int(stranger.id))) == (404, 10007)
    assert await error_of(client.fetch_guild(1)) == (404, 10004)
    scene.guild.delete_role(role)
    assert await error_of(guild.fetch_role(int(role.id))) == (404, 10011)


async def test_a_removed_bot_finds_nothing_any_more_until_it_is_added_again(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    told: list[tuple[str, bool]] = []
    rest.world.listeners.append(
        lambda change: told.append((change.event, bool(change.guild and change.guild.unavailable)))
    )
    rest.world.outage(scene.guild)
    assert (await error_of(client.fetch_guild(int(scene.guild.id))))[0] == 503
    rest.world.outage(scene.guild, over=True)
    await (await client.fetch_guild(int(scene.guild.id))).leave()
    assert await error_of(client.fetch_guild(int(scene.guild.id))) == (404, 10004)
    assert await error_of(client.fetch_channel(int(scene.papers.id))) == (403, 50001)
    assert [one async for one in client.fetch_guilds()] == []
    rest.world.add_bot(scene.guild)
    assert [one.name async for one in client.fetch_guilds()] == ["Acme Lab"]
    assert [one for one in told if one[0].startswith("GUILD_") and "ROLE" not in one[0]] == [
        ("GUILD_DELETE", True),
        ("GUILD_CREATE", False),
        ("GUILD_DELETE", False),
        ("GUILD_CREATE", False),
    ]


async def test_the_gateway_is_told_of(rest: DiscordRest, client: discord.Client) -> None:
    rest.world.gateway.url = "ws://127.0.0.1:1"
    rest.world.gateway.shards = 3
    shards, url, limit = await client.http.get_bot_gateway()
    assert (shards, url, limit["remaining"]) == (3, "ws://127.0.0.1:1", 1_000)


async def test_the_app_says_what_it_is(rest: DiscordRest, client: discord.Client) -> None:
    rest.world.application.reads_content = True
    application = await client.application_info()
    assert application.flags.gateway_message_content_limited
    assert not application.flags.gateway_message_content
    await application.edit(
        description="Papers, every morning.",
        guild_install_scopes=["bot", "applications.commands"],
        user_install_scopes=["applications.commands"],
    )
    changed = await client.application_info()
    assert changed.description == "Papers, every morning."
    assert changed.user_integration_config is not None


def commands(*names: str, **traits: Any) -> list[dict[str, Any]]:
    return [{"name": name, "description": "Papers", "type": 1, **traits} for name in names]


async def test_commands_are_replaced_as_a_whole_and_keep_their_ids(
    rest: DiscordRest, client: discord.Client
) -> None:
    tree = discord.app_commands.CommandTree(client)

    @tree.command(name="papers", description="Papers of today")
    @discord.app_commands.choices(topic=[discord.app_commands.Choice(name="Vision", value="cs.CV")])
    async def papers(
        _: discord.Interaction, topic: str, count: discord.app_commands.Range[int, 1, 15] = 5
    ) -> None:
        raise AssertionError("nobody calls it")

    @tree.context_menu(name="Papers like this")
    async def like(_: discord.Interaction, message: discord.Message) -> None:
        raise AssertionError("nobody calls it")

    first = {one.name: one.id for one in await tree.sync()}
    assert set(first) == {"papers", "Papers like this"}
    tree.remove_command("Papers like this", type=discord.AppCommandType.message)
    (again,) = await tree.sync()
    assert (again.id, again.name) == (first["papers"], "papers")
    assert [one.name for one in await tree.fetch_commands()] == ["papers"]
    assert list(rest.world.commands[None]) == [str(again.id)]


async def test_two_hundred_commands_are_created_in_a_day(
    rest: DiscordRest, clock: FakeClock, scene: Scene, client: discord.Client
) -> None:
    application, guild = int(rest.world.application.id), int(scene.guild.id)
    for day in range(2):
        names = [f"c{day}-{number}" for number in range(100)]
        await client.http.bulk_upsert_guild_commands(application, guild, commands(*names))
    more = client.http.bulk_upsert_guild_commands(application, guild, commands("more"))
    assert await error_of(more) == (400, 30034)
    await client.http.bulk_upsert_guild_commands(application, guild, commands("c1-7"))
    await client.http.bulk_upsert_global_commands(application, commands("more"))
    clock.advance(timedelta(days=1))
    await client.http.bulk_upsert_guild_commands(application, guild, commands("more"))


async def test_one_command_is_made_and_deleted(rest: DiscordRest, client: discord.Client) -> None:
    application = int(rest.world.application.id)
    route = Route("POST", f"/applications/{application}/commands")
    made = await client.http.request(route, json=commands("papers")[0])
    again = await client.http.request(route, json=commands("papers", nsfw=True)[0])
    assert made["id"] == again["id"]
    await client.http.delete_global_command(application, int(made["id"]))
    assert await error_of(client.http.delete_global_command(application, int(made["id"]))) == (404, 10063)
    assert await error_of(client.http.get_global_commands(1)) == (403, 20012)
    doubled = client.http.bulk_upsert_global_commands(application, commands("papers", "papers"))
    assert await error_of(doubled) == (400, 50035)
    assert rest.forgive() == ["PUT /applications/{application_id}/commands: papers is there 2 times"]


async def test_commands_for_a_server_need_the_bot_there(rest: DiscordRest, client: discord.Client) -> None:
    elsewhere = rest.world.guild("Elsewhere", bot=False)
    call = client.http.get_guild_commands(int(rest.world.application.id), int(elsewhere.id))
    assert await error_of(call) == (403, 50001)
