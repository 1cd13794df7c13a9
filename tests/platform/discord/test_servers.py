"""Servers that add the bot, remove it, are away and come back; and channels that are no more."""

from datetime import timedelta
from pathlib import Path

from adapters.discord.bot import GRACE
from bot.model import DeliveryState, Destination, DestinationState
from bot.people.model import InstallationState
from bot.view.doc import from_json
from bot.view.plain import to_plain
from tests.clocks import StillClock
from tests.contract.commands import NOW
from tests.platform.discord.discord_bot import DiscordBot, Scene, discord_bot
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Channel


async def set_up(bot: DiscordBot, scene: Scene, channel: Channel | None = None) -> Destination:
    added = await bot.server.command(
        "papers-channel add", {"at": "9:00"}, user=scene.keeper, channel=channel or scene.channel
    )
    await added.message()
    made = (await bot.store.destinations.list())[-1]
    assert made.state is DestinationState.ACTIVE
    return made


async def states(bot: DiscordBot) -> dict[str, InstallationState]:
    return {one.tenant: one.state for one in await bot.store.installations.list("discord")}


async def is_in(bot: DiscordBot, tenant: str, state: InstallationState) -> None:
    async def reached() -> bool:
        return (await states(bot)).get(tenant) is state

    await bot.until(reached)


async def becomes(bot: DiscordBot, destination: Destination, state: DestinationState) -> Destination:
    async def reached() -> Destination | None:
        found = await bot.store.destinations.by_name(destination.id)
        return found if found is not None and found.state is state else None

    found = await bot.until(reached)
    assert found is not None
    return found


async def test_the_servers_of_the_bot_are_known_and_new_ones_too(bot: DiscordBot, scene: Scene) -> None:
    await is_in(bot, scene.guild.id, InstallationState.ACTIVE)
    new = bot.server.world.guild("New Lab")
    await is_in(bot, new.id, InstallationState.ACTIVE)
    (made,) = [one for one in await bot.store.installations.list("discord") if one.tenant == new.id]
    assert made.name == "New Lab"


async def test_a_removal_pauses_what_was_set_up_and_a_return_restores_it(
    bot: DiscordBot, scene: Scene
) -> None:
    await is_in(bot, scene.guild.id, InstallationState.ACTIVE)
    digest = await set_up(bot, scene)
    bot.server.world.remove_bot(scene.guild)
    await is_in(bot, scene.guild.id, InstallationState.GONE)
    await becomes(bot, digest, DestinationState.PAUSED)
    bot.server.world.add_bot(scene.guild)
    await is_in(bot, scene.guild.id, InstallationState.ACTIVE)
    await becomes(bot, digest, DestinationState.ACTIVE)


async def test_an_outage_changes_nothing(bot: DiscordBot, scene: Scene) -> None:
    await is_in(bot, scene.guild.id, InstallationState.ACTIVE)
    digest = await set_up(bot, scene)
    bot.server.world.outage(scene.guild)
    bot.server.world.outage(scene.guild, over=True)
    other = bot.server.world.guild("Later")  # told of after both
    await is_in(bot, other.id, InstallationState.ACTIVE)
    assert (await states(bot))[scene.guild.id] is InstallationState.ACTIVE
    await becomes(bot, digest, DestinationState.ACTIVE)


async def test_what_happened_while_nobody_listened_is_found_out(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    server.expect(403, 404)  # the server that is left says so
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        await is_in(bot, scene.guild.id, InstallationState.ACTIVE)
        digest = await set_up(bot, scene)
    server.world.remove_bot(scene.guild)
    new = server.world.guild("New Lab")
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        await is_in(bot, scene.guild.id, InstallationState.GONE)
        await is_in(bot, new.id, InstallationState.ACTIVE)
        await becomes(bot, digest, DestinationState.PAUSED)
    server.world.add_bot(scene.guild)
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        await is_in(bot, scene.guild.id, InstallationState.ACTIVE)
        await becomes(bot, digest, DestinationState.ACTIVE)


async def test_a_server_that_is_away_at_the_start_is_not_taken_for_left(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        await is_in(bot, scene.guild.id, InstallationState.ACTIVE)
    server.world.outage(scene.guild)
    other = server.world.guild("Later")
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        await is_in(bot, other.id, InstallationState.ACTIVE)
        assert (await states(bot))[scene.guild.id] is InstallationState.ACTIVE


async def test_what_was_left_goes_after_the_days_of_grace(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        await is_in(bot, scene.guild.id, InstallationState.ACTIVE)
        digest = await set_up(bot, scene)
        server.world.remove_bot(scene.guild)
        await is_in(bot, scene.guild.id, InstallationState.GONE)
        clock.set(NOW + GRACE + timedelta(hours=6))

        async def purged() -> bool:
            return await bot.store.destinations.by_name(digest.id) is None

        assert await bot.until(purged)
        assert await states(bot) == {}


async def test_a_deleted_channel_pauses_its_digest_and_its_owner_is_told_once(
    bot: DiscordBot, scene: Scene
) -> None:
    digest = await set_up(bot, scene)
    other = await set_up(bot, scene, scene.guild.text_channel("other"))
    scene.guild.delete_channel(scene.channel)
    paused = await becomes(bot, digest, DestinationState.PAUSED)
    assert paused.state_by == "Discord: The channel #papers was deleted."
    notices = await bot.store.outbox.list([DeliveryState.PENDING], 10)
    assert [one.route.address for one in notices] == [f"@me/{bot.server.world.direct(scene.keeper).id}"]
    assert "The channel #papers was deleted." in to_plain(from_json(notices[0].doc))
    await becomes(bot, other, DestinationState.ACTIVE)


async def test_a_deleted_thread_pauses_its_digest(bot: DiscordBot, scene: Scene) -> None:
    thread = scene.guild.thread(scene.channel, "reading group", owner=scene.keeper)
    digest = await set_up(bot, scene, thread)
    scene.guild.delete_channel(thread)
    paused = await becomes(bot, digest, DestinationState.PAUSED)
    assert paused.state_by == "Discord: The thread was deleted."
