"""`paperboy setup slack` at a terminal, and `paperboy doctor`: the real program and a loopback Slack."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.command import PROGRAM, Command
from tests.e2e.terminal import Terminal
from tests.servers.slack import BASE, Scene, SlackServer
from tests.servers.slack.state import User

PEOPLE = "users:read"


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer().in_thread() as server:
        yield server


@pytest.fixture
def maya(slack: SlackServer) -> User:
    return slack.world.add_user(slack.world.add_team(), "U012MAYA")


@pytest.fixture
def scene(slack: SlackServer, maya: User) -> Scene:
    """With the rights of the pack `people`, which the set-up proposes."""
    channel = slack.world.add_channel(maya.team, members=[maya])
    token = slack.world.install(maya.team, (*BASE, PEOPLE))
    return Scene(maya.team, maya, channel, token, slack.world.app_token())


@pytest.fixture
def paperboy(tmp_path: Path, slack: SlackServer) -> Command:
    return Command(tmp_path, {"PAPERBOY_SLACK_API_URL": slack.api_url})


def choose_packs(terminal: Terminal, **chosen: str) -> None:
    for pack in ("recheck", "links", "plots", "join", "channels", "people"):
        terminal.answers(f"Let it ({pack})?", chosen.get(pack, ""))


def set_up(terminal: Terminal, scene: Scene) -> None:
    """All that is asked, answered well."""
    choose_packs(terminal)
    terminal.answers("an administrator has to approve it?", "n")
    terminal.answers("Bot User OAuth Token", scene.token.value)
    terminal.answers("App-Level Token", scene.app_token.value)
    terminal.answers("Member ID", scene.maya.id)
    assert terminal.end() == 0


def test_the_whole_way_leads_to_settings_that_work(
    paperboy: Command, slack: SlackServer, scene: Scene
) -> None:
    terminal = Terminal(paperboy, "setup", "slack")
    choose_packs(terminal)
    terminal.reads("https://api.slack.com/apps?new_app=1&manifest_json=")
    terminal.answers("an administrator has to approve it?", "n")
    for wrong, told in (
        ("hunter2", "does not begin with xoxb-"),
        ("xoxb-T1-000000", "is unknown to Slack"),
        (slack.world.install(scene.team, BASE).value, f"scope {PEOPLE} is missing"),
    ):
        terminal.answers("Bot User OAuth Token", wrong)
        terminal.reads(told)
        assert not (paperboy.home / "paperboy.toml").exists()
    terminal.answers("Bot User OAuth Token", scene.token.value)
    terminal.reads("speaks in Acme")
    terminal.answers("App-Level Token", "xapp-1-A0LOOP-000000")
    terminal.reads("is unknown to Slack")
    terminal.answers("App-Level Token", scene.app_token.value)
    terminal.reads("opens a socket")
    terminal.answers("Member ID", "maya")
    terminal.reads("is no member ID")
    terminal.answers("Member ID", "U0NOBODY")
    terminal.reads("found nobody")
    terminal.answers("Member ID", scene.maya.id)
    assert terminal.end() == 0
    file = paperboy.home / "paperboy.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f'ExecStart="{Path(PROGRAM[0]).with_name("paperboy")}" run' in terminal.shown
    for secret in (scene.token.value, scene.app_token.value, "hunter2"):
        assert secret not in terminal.shown
    (message,) = slack.world.direct(scene.maya, scene.token.bot_user).messages
    assert "Paperboy can reach you" in message.text
    assert "NO" not in paperboy.ok("doctor")


def test_run_again_it_keeps_what_is_there(paperboy: Command, scene: Scene) -> None:
    set_up(Terminal(paperboy, "setup", "slack"), scene)
    file = paperboy.home / "paperboy.toml"
    file.write_text(file.read_text() + "poll_minutes = 30  # ours\n")
    before = file.read_text()
    terminal = Terminal(paperboy, "setup", "slack")
    choose_packs(terminal)
    terminal.answers("Enter keeps the one that is set", "")
    terminal.answers("Enter keeps the one that is set", "")
    terminal.answers("Member ID", "")
    assert terminal.end() == 0
    assert file.read_text() == before
    assert "new_app" not in terminal.shown
    assert scene.token.value not in terminal.shown


def test_given_up_half_way_it_leaves_nothing_behind(paperboy: Command, scene: Scene) -> None:
    terminal = Terminal(paperboy, "setup", "slack")
    choose_packs(terminal)
    terminal.answers("an administrator has to approve it?", "n")
    terminal.answers("Bot User OAuth Token", scene.token.value)
    terminal.reads("App-Level Token")
    terminal.presses_control_c()
    assert terminal.end() == 130
    assert "Traceback" not in terminal.shown
    assert not (paperboy.home / "paperboy.toml").exists()


def test_while_an_administrator_decides_the_choice_is_remembered(paperboy: Command, scene: Scene) -> None:
    terminal = Terminal(paperboy, "setup", "slack")
    choose_packs(terminal, people="n", links="y")
    terminal.answers("an administrator has to approve it?", "y")
    terminal.reads("links:write: to put the card below them")
    terminal.answers("Is it approved already?", "n")
    assert terminal.end() == 0
    assert 'slack_packs = ["links"]' in (paperboy.home / "paperboy.toml").read_text()
    again = Terminal(paperboy, "setup", "slack")
    again.answers("Let it (recheck)?", "")
    again.reads("Let it (links)? [Y/n]")
    again.presses_control_c()
    assert again.end() == 130


@pytest.mark.parametrize(("guests", "kept"), [("", "possible"), ("n", "none")])
def test_without_the_pack_people_whoever_sets_it_up_is_named_as_manager(
    paperboy: Command, scene: Scene, guests: str, kept: str
) -> None:
    own = paperboy.folder / "mine.toml"
    terminal = Terminal(paperboy, "setup", "slack", "--config", str(own))
    choose_packs(terminal, people="n")
    terminal.answers("an administrator has to approve it?", "n")
    terminal.answers("Bot User OAuth Token", scene.token.value)
    terminal.answers("App-Level Token", scene.app_token.value)
    terminal.answers("Member ID", scene.maya.id.lower())
    terminal.answers("May there be guests?", guests)
    assert terminal.end() == 0
    assert f"PAPERBOY_CONFIG={own} paperboy run" in terminal.shown
    shown = {one["name"]: one["value"] for one in paperboy.json("config", "show", PAPERBOY_CONFIG=str(own))}
    assert (shown["slack_managers"], shown["slack_guests"]) == (scene.maya.id, kept)
    told = paperboy.ok("doctor", PAPERBOY_CONFIG=str(own))
    assert ("??  members cannot be told from guests" in told) == (kept == "possible")


def test_the_file_that_counts_is_the_one_that_is_written(paperboy: Command, scene: Scene) -> None:
    here = paperboy.folder / "paperboy.toml"
    here.write_text("poll_minutes = 30\n")
    set_up(Terminal(paperboy, "setup", "slack"), scene)
    assert here.read_text().startswith("poll_minutes = 30\n")
    assert "slack_bot_token" in here.read_text()
    assert not (paperboy.home / "paperboy.toml").exists()


def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(paperboy: Command) -> None:
    (paperboy.folder / "file").write_text("")
    terminal = Terminal(paperboy, "setup", "slack", "--config", str(paperboy.folder / "file" / "x.toml"))
    assert terminal.end() == 2
    assert "cannot be read" in terminal.shown
    assert "Let it" not in terminal.shown


def test_what_goes_before_the_file_is_told(paperboy: Command, scene: Scene) -> None:
    paperboy.settings["PAPERBOY_SLACK_APP_TOKEN"] = scene.app_token.value
    terminal = Terminal(paperboy, "setup", "slack")
    choose_packs(terminal)
    terminal.answers("an administrator has to approve it?", "n")
    terminal.answers("Bot User OAuth Token", scene.token.value)
    terminal.answers("App-Level Token", "")
    terminal.answers("Member ID", "")
    assert terminal.end() == 0
    assert "PAPERBOY_SLACK_APP_TOKEN is set in the environment" in terminal.shown


# --- the doctor ----------------------------------------------------------------------------------


@pytest.fixture
def configured(paperboy: Command, scene: Scene) -> Command:
    """All set up, with a digest in the channel."""
    paperboy.settings |= {
        "PAPERBOY_SLACK_BOT_TOKEN": scene.token.value,
        "PAPERBOY_SLACK_APP_TOKEN": scene.app_token.value,
        "PAPERBOY_SLACK_PACKS": "people",
    }
    paperboy.ok("destination", "add", "ml-papers", f"slack:{scene.team.id}/{scene.channel.id}")
    return paperboy


def unwell(paperboy: Command) -> str:
    """What the doctor prints, where something is wrong."""
    done = paperboy.run("doctor")
    assert done.returncode == 1, done.stderr
    return done.stdout


def test_all_is_well_though_nothing_came_yet(configured: Command) -> None:
    told = configured.ok("doctor")
    assert "ok  ml-papers can be posted to" in told
    assert "??  interactions never came yet" in told
    assert "Interactivity & Shortcuts must be on" in told
    assert "app_uninstalled" not in told
    assert "link_shared" not in told


def test_a_missing_scope_is_named_with_its_reason(configured: Command) -> None:
    configured.settings["PAPERBOY_SLACK_PACKS"] = "links"
    told = unwell(configured)
    assert "NO  scope links:write is missing" in told
    assert "to put the card below them; then install the app again" in told


def test_a_revoked_token_is_told_once_with_the_way_back(
    configured: Command, slack: SlackServer, scene: Scene
) -> None:
    slack.world.revoke(scene.team)
    told = unwell(configured)
    assert "NO  bot token was revoked, or the app was removed (token_revoked)" in told
    assert "Install the app" in told
    assert "ml-papers" not in told  # it could not be tried


def test_a_channel_where_the_bot_is_not_is_named_with_what_to_type(configured: Command, scene: Scene) -> None:
    scene.channel.members.discard(scene.token.bot_user)
    told = unwell(configured)
    assert "NO  ml-papers cannot be posted to" in told
    assert "/invite @paperboy" in told


def test_where_slack_cannot_be_reached_no_token_is_blamed(configured: Command, slack: SlackServer) -> None:
    slack.close_door()
    told = unwell(configured)
    assert "bot token could not be tried: Slack cannot be reached" in told
    assert "Check the network" in told
