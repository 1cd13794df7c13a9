"""`paperboy setup discord` at a terminal, `paperboy discord`, and `paperboy doctor`: the real program and a
loopback Discord.
"""

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.discord.permissions import wanted
from tests.e2e.command import Command
from tests.e2e.terminal import Terminal
from tests.platform.discord.discord_bot import text_of
from tests.servers.discord.guild import Guild
from tests.servers.discord.permissions import Permission
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Channel
from tests.servers.discord.world import TOKEN

UNAUTHORIZED = 401
PERMISSIONS = [
    "View Channels",
    "Send Messages",
    "Send Messages in Threads",
    "Create Public Threads",
    "Embed Links",
    "Attach Files",
    "Read Message History",
]


@pytest.fixture
def discord() -> Iterator[DiscordServer]:
    with DiscordServer().in_thread() as server:
        yield server


@pytest.fixture
def guild(discord: DiscordServer) -> Guild:
    """A server with the bot in it, and with whoever owns the application."""
    made = discord.world.guild()
    made.member(discord.world.application.owner)
    return made


@pytest.fixture
def paperboy(tmp_path: Path, discord: DiscordServer) -> Command:
    return Command(tmp_path, {"PAPERBOY_DISCORD_API_URL": discord.api_url})


def happens(discord: DiscordServer, act: Callable[[], None]) -> None:
    """Something changes in Discord, on Discord's own thread."""

    async def done() -> None:
        act()

    discord.run(done())


def registered(discord: DiscordServer) -> set[str]:
    """The names of the commands that Discord knows."""
    return {one["name"] for one in discord.world.commands.get(None, {}).values()}


def set_up(terminal: Terminal) -> None:
    """All that is asked, answered well, where the bot is in a server already."""
    terminal.answers("Bot token", TOKEN)
    terminal.answers("get a card?", "")
    terminal.answers("Send a test message", "n")
    assert terminal.end() == 0


# --- setting up ----------------------------------------------------------------------------------


def test_the_whole_way_leads_to_settings_that_work(paperboy: Command, discord: DiscordServer) -> None:
    discord.expect(UNAUTHORIZED)
    world = discord.world
    terminal = Terminal(paperboy, "setup", "discord")
    terminal.reads("https://discord.com/developers/applications")
    terminal.answers("Bot token", "hunter2")
    terminal.reads("bot token is unknown to Discord")
    assert not (paperboy.home / "paperboy.toml").exists()
    terminal.answers("Bot token", TOKEN)
    terminal.reads("speaks for Paperboy")
    terminal.reads("Discord knows the commands")
    terminal.reads(f"/oauth2/authorize?client_id={world.application.id}")
    for name in PERMISSIONS:
        terminal.reads(f"{name}: to ")
    terminal.answers("Is it added?", "")
    terminal.reads("in no server yet")
    guild = world.guild(bot=False)
    guild.member(world.application.owner)
    happens(discord, lambda: world.add_bot(guild))
    terminal.answers("Is it added?", "y")
    terminal.reads("The bot is in Acme Lab.")
    terminal.answers("get a card?", "y")
    terminal.reads("privileged intent")
    terminal.reads("10,000")
    terminal.answers("Read along in Acme Lab?", "y")
    terminal.reads("Switch Message Content Intent on")
    terminal.answers("Is it on?", "")
    terminal.reads("says that it is off")
    world.application.reads_content = True
    terminal.answers("Is it on?", "")
    terminal.answers("Send a test message", "")
    terminal.reads("is in your direct messages")
    assert terminal.end() == 0

    file = paperboy.home / "paperboy.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f'discord_link_cards = ["{guild.id}"]' in file.read_text()
    assert [secret for secret in (TOKEN, "hunter2") if secret in terminal.shown] == []
    (message,) = world.direct(world.application.owner).written
    assert "Paperboy can reach you" in text_of(message)
    assert {"papers", "papers-channel"} <= registered(discord)
    installs = world.application.settings["integration_types_config"]
    assert installs["0"]["oauth2_install_params"]["permissions"] == str(wanted().value)
    assert installs["1"]["oauth2_install_params"] == {
        "scopes": ["applications.commands"],
        "permissions": "0",
    }
    told = paperboy.ok("doctor")
    assert "NO" not in told
    assert "??" not in told


def test_run_again_it_keeps_what_is_there(paperboy: Command, discord: DiscordServer, guild: Guild) -> None:
    set_up(Terminal(paperboy, "setup", "discord"))
    file = paperboy.home / "paperboy.toml"
    file.write_text(file.read_text() + "poll_minutes = 30  # ours\n")
    before = file.read_text()
    terminal = Terminal(paperboy, "setup", "discord")
    terminal.answers("Enter keeps the one that is set", "")
    terminal.answers("get a card?", "")
    terminal.answers("Send a test message", "n")
    assert terminal.end() == 0
    assert file.read_text() == before
    assert "New Application" not in terminal.shown
    assert "Open this link" not in terminal.shown
    assert len(discord.called("PUT", "/applications/{application_id}/commands")) == 1
    assert len(discord.called("PATCH", "/applications/@me")) == 1


def test_link_cards_are_left_out_while_their_intent_is_off(
    paperboy: Command, discord: DiscordServer, guild: Guild
) -> None:
    terminal = Terminal(paperboy, "setup", "discord")
    terminal.answers("Bot token", TOKEN)
    terminal.answers("get a card?", "y")
    terminal.answers("Read along in Acme Lab?", "y")
    terminal.answers("Is it on?", "n")
    terminal.reads("Then links get no cards.")
    terminal.answers("Send a test message", "n")
    assert terminal.end() == 0
    assert "discord_link_cards = []" in (paperboy.home / "paperboy.toml").read_text()


def test_without_a_server_the_rest_is_set_up_all_the_same(paperboy: Command, discord: DiscordServer) -> None:
    terminal = Terminal(paperboy, "setup", "discord")
    terminal.answers("Bot token", TOKEN)
    terminal.answers("Is it added?", "n")
    terminal.reads("`paperboy discord invite` prints the link again.")
    terminal.answers("Send a test message", "")
    terminal.reads("was not taken: your direct messages are closed to the bot")
    assert terminal.end() == 0
    assert "discord_token" in (paperboy.home / "paperboy.toml").read_text()
    discord.expect(50278)


def test_given_up_half_way_it_writes_nothing(paperboy: Command, discord: DiscordServer, guild: Guild) -> None:
    terminal = Terminal(paperboy, "setup", "discord")
    terminal.answers("Bot token", TOKEN)
    terminal.reads("get a card?")
    terminal.presses_control_c()
    assert terminal.end() == 130
    assert "Traceback" not in terminal.shown
    assert not (paperboy.home / "paperboy.toml").exists()


def test_where_discord_cannot_be_reached_no_token_is_blamed(
    paperboy: Command, discord: DiscordServer
) -> None:
    discord.close_door()
    terminal = Terminal(paperboy, "setup", "discord")
    terminal.answers("Bot token", TOKEN)
    terminal.reads("could not be tried")
    terminal.reads("Check the network")
    terminal.presses_control_c()
    assert terminal.end() == 130


# --- `paperboy discord` ----------------------------------------------------------------------------


@dataclass
class Configured:
    """All set up, with a digest in a channel."""

    paperboy: Command
    channel: Channel


@pytest.fixture
def configured(paperboy: Command, guild: Guild) -> Configured:
    paperboy.settings["PAPERBOY_DISCORD_TOKEN"] = TOKEN
    channel = guild.text_channel("ml-papers")
    paperboy.ok("destination", "add", "ml-papers", f"discord:{guild.id}/{channel.id}")
    paperboy.ok("discord", "sync")
    return Configured(paperboy, channel)


def test_the_invitation_asks_for_exactly_what_is_used(configured: Configured, discord: DiscordServer) -> None:
    told = configured.paperboy.json("discord", "invite")
    query = parse_qs(urlsplit(told["server"]).query)
    assert query == {
        "client_id": [discord.world.application.id],
        "scope": ["bot applications.commands"],
        "permissions": [str(wanted().value)],
    }
    assert parse_qs(urlsplit(told["person"]).query)["integration_type"] == ["1"]
    assert [one["name"] for one in told["permissions"]] == PERMISSIONS
    shown = configured.paperboy.ok("discord", "invite")
    assert told["server"] in shown
    assert told["person"] in shown


def test_commands_are_told_to_discord_once(configured: Configured, discord: DiscordServer) -> None:
    world = discord.world
    before = dict(world.commands[None])
    assert configured.paperboy.ok("discord", "sync") == "Discord knows the commands already.\n"
    assert world.commands[None] == before
    happens(discord, world.commands[None].clear)
    assert configured.paperboy.ok("discord", "sync") == "Discord knows the commands now.\n"
    assert registered(discord) == {one["name"] for one in before.values()}


def test_without_a_token_the_way_to_one_is_told(paperboy: Command) -> None:
    done = paperboy.run("discord", "sync")
    assert done.returncode == 2
    assert "`paperboy setup discord` does it." in done.stderr


def test_a_token_that_discord_does_not_know_is_told_in_one_sentence(
    paperboy: Command, discord: DiscordServer
) -> None:
    discord.expect(UNAUTHORIZED)
    for arguments in (("discord", "sync"), ("discord", "invite")):
        done = paperboy.run(*arguments, PAPERBOY_DISCORD_TOKEN="hunter2")
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "Discord does not know the bot's token." in done.stderr


# --- the doctor ----------------------------------------------------------------------------------


def unwell(paperboy: Command) -> str:
    """What the doctor prints, where something is wrong."""
    done = paperboy.run("doctor")
    assert done.returncode == 1, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def test_all_is_well(configured: Configured) -> None:
    told = configured.paperboy.ok("doctor")
    assert told.splitlines() == [
        "ok  bot token speaks for Paperboy",
        "ok  commands are known to Discord, in this version",
        "ok  bot is in Acme Lab",
        "ok  ml-papers can be posted to",
    ]


def test_a_wrong_token_is_told_once_with_the_way_to_another(
    configured: Configured, discord: DiscordServer
) -> None:
    discord.world.token = "another.token"
    discord.expect(UNAUTHORIZED)
    told = unwell(configured.paperboy)
    assert "NO bot token is unknown to Discord" in told
    assert "Press Reset Token" in told
    assert "ml-papers" not in told  # it could not be tried


def test_a_missing_permission_is_named_with_its_channel(configured: Configured, guild: Guild) -> None:
    configured.channel.overwrite(guild.me, deny=Permission.SEND_MESSAGES)
    told = unwell(configured.paperboy)
    assert "NO ml-papers cannot be posted to" in told
    assert "Send Messages" in told


def test_a_channel_that_cannot_be_read_is_no_failure_but_told(configured: Configured, guild: Guild) -> None:
    configured.channel.overwrite(guild.me, deny=Permission.READ_MESSAGE_HISTORY)
    told = " ".join(configured.paperboy.ok("doctor").split())
    assert "?? ml-papers can be posted to, but not read" in told
    assert "Read Message History" in told


def test_commands_of_another_version_are_told(configured: Configured, discord: DiscordServer) -> None:
    for one in discord.world.commands[None].values():
        one["description"] = "as it was"
    assert "NO commands are not known to Discord as this version has them" in unwell(configured.paperboy)


def test_link_cards_need_their_intent_and_their_server(
    configured: Configured, discord: DiscordServer, guild: Guild
) -> None:
    configured.paperboy.settings["PAPERBOY_DISCORD_LINK_CARDS"] = guild.id
    assert "NO message content intent is off, but links are to get cards" in unwell(configured.paperboy)
    discord.world.application.reads_content = True
    assert "message content intent" not in configured.paperboy.ok("doctor")
    configured.paperboy.settings["PAPERBOY_DISCORD_LINK_CARDS"] = "123456789012345678"
    assert "link cards are for the server 123456789012345678" in unwell(configured.paperboy)
    del configured.paperboy.settings["PAPERBOY_DISCORD_LINK_CARDS"]
    assert "?? message content intent is on, though nothing needs it" in " ".join(
        configured.paperboy.ok("doctor").split()
    )


def test_a_bot_that_was_removed_everywhere_is_told(
    configured: Configured, discord: DiscordServer, guild: Guild
) -> None:
    happens(discord, lambda: discord.world.remove_bot(guild))
    discord.expect(50001, 10004, 10003)
    told = unwell(configured.paperboy)
    assert "NO bot is in no server yet" in told
    assert "paperboy discord invite" in told
    assert "NO ml-papers cannot be posted to" in told


def test_where_discord_is_out_of_reach_the_doctor_blames_no_token(
    configured: Configured, discord: DiscordServer
) -> None:
    discord.close_door()
    told = unwell(configured.paperboy)
    assert "bot token could not be tried Discord cannot be reached" in told.replace("→ ", "")
    assert "ml-papers" not in told
