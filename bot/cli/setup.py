"""`paperboy setup`: the whole way to a platform, a step at a time."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.common import load_settings, run, say, warn, with_store
from bot.cli.output import paragraph
from bot.config import CONFIG_FILE, Settings
from bot.config_values import SLACK_PACKS
from bot.errors import InputError
from bot.view.doc import Span

if TYPE_CHECKING:
    from bot.wiring.slack import Finding

app = typer.Typer(help="Set Paperboy up for a platform, step by step.", no_args_is_help=True)

_PACKS: Final = {
    "people": "tell members from guests, and know people's time zones (users:read). Without it, only you can "
    "set up channels.",
    "recheck": "read back what was posted when a reply of Slack's is lost, so that a doubtful post is sent "
    "again by itself (channels:history, groups:history, im:history). Without it you are asked.",
    "links": "show a card for links to papers that people post (links:read, links:write).",
    "join": "join public channels by itself (channels:join). Without it, type /invite.",
    "plots": "send files: exports and plots (files:write). Without it, exports come as text.",
}


@app.command()
def slack(
    config: Annotated[
        Path | None,
        typer.Option(help="The settings file to write; paperboy.toml in the home folder unless given."),
    ] = None,
) -> None:
    """Walk through all of Slack: the app, its tokens, a check, the settings, a test message."""
    settings = load_settings()
    file = config or settings.home / CONFIG_FILE
    if not sys.stdin.isatty():
        raise InputError(
            "This asks questions: run it in a terminal. docs/slack.md has the steps to do by hand."
        )
    packs = _choose_packs()
    _make_app(settings, packs)
    bot_token = _asked_token(
        "Bot User OAuth Token (OAuth & Permissions; begins with xoxb-)", settings, packs=packs
    )
    app_token = _asked_token(
        "App-Level Token (Basic Information, App-Level Tokens, scope connections:write; xapp-)", settings
    )
    member = _asked_member()
    _write(file, packs, bot_token, app_token, member)
    if member:
        _send_test(settings, bot_token, member)
    _finish(file, settings)


def _choose_packs() -> tuple[str, ...]:
    say("Paperboy posts and answers with three permissions: commands, chat:write, im:write.")
    say("What else may it do? Each can be added later.")
    say()
    chosen = []
    for pack, what in _PACKS.items():
        paragraph(Span(pack, strong=True), Span(f": {what}"), first="  ", rest="  ")
        if typer.confirm(f"  Let it ({pack})?", default=pack == "people"):
            chosen.append(pack)
    return tuple(pack for pack in SLACK_PACKS if pack in chosen)


def _make_app(settings: Settings, packs: Sequence[str]) -> None:
    from bot.wiring.slack import new_app, note

    say()
    say("1. Open this link: it makes the app with everything filled in. Choose your workspace, then Create.")
    say()
    say(new_app(settings, packs))
    say()
    say("2. Press Install to Workspace.")
    if typer.confirm("   Does Slack say that an administrator has to approve it?", default=False):
        say()
        say("Send this to an administrator; come back when it is approved (run this command again):")
        say()
        say(note(settings, packs))
        if not typer.confirm("Is it approved already?", default=False):
            raise typer.Exit


def _asked_token(what: str, settings: Settings, *, packs: Sequence[str] | None = None) -> str:
    """A token that Slack has said to be good. `packs` are those that a bot token must have scopes for."""
    from bot.wiring.slack import app_token, bot_token

    while True:
        say()
        token = str(typer.prompt(f"{what}; it stays hidden", hide_input=True)).strip()
        asked = app_token(settings, token) if packs is None else bot_token(settings, token, packs)
        found = run(asked)
        show_findings(found)
        if all(one.well for one in found):
            return token


def _asked_member() -> str:
    say()
    say("Your own member ID (in Slack: your picture, Profile, the three dots, Copy member ID): you can then")
    say("set up channels, and get a test message now. Leave it empty to do without.")
    while True:
        member = str(typer.prompt("Member ID", default="", show_default=False)).strip().upper()
        if not member or (member[:1] in {"U", "W"} and member.isalnum() and len(member) > 6):
            return member
        warn(f"{member!r} is no member ID; they look like U012ABCDEF.")


def _write(file: Path, packs: Sequence[str], bot_token: str, app_token: str, member: str) -> None:
    from bot.cli.settings_file import write_settings

    values: dict[str, str | list[str]] = {
        "slack_bot_token": bot_token,
        "slack_app_token": app_token,
        "slack_packs": list(packs),
    }
    if member and "people" not in packs:
        values["slack_managers"] = [member]
    write_settings(file, values)
    say(f"Wrote {file}; only you can read it.")


def _send_test(settings: Settings, bot_token: str, member: str) -> None:
    from bot.wiring.slack import test

    run(test(settings, bot_token, member))
    say("Sent you a direct message in Slack: that works.")


def _finish(file: Path, settings: Settings) -> None:
    from bot.cli.keeping import keep_running

    program = Path(sys.executable).with_name("paperboy")
    elsewhere = file != settings.home / CONFIG_FILE and file.resolve() != (Path.cwd() / CONFIG_FILE).resolve()
    prefix = f"PAPERBOY_CONFIG={shlex.quote(str(file))} " if elsewhere else ""
    say()
    say(f"Now start it: {prefix}paperboy run")
    say(
        f"Then type {settings.slack_command} in Slack, and {settings.slack_command} channel add in a channel."
    )
    say()
    for line in keep_running(program, file).splitlines():
        say(line)


def show_findings(found: "Sequence[Finding]") -> None:
    """A line for each thing that was looked at, and what to do about what is not well."""
    for one in found:
        paragraph(
            Span("ok  " if one.well else "NO  ", strong=True), Span(f"{one.what} {one.state}"), rest="    "
        )
        if one.remedy:
            paragraph(Span(one.remedy), first="    → ", rest="      ")


def register(root: typer.Typer) -> None:
    """Adds the commands of this module."""
    root.add_typer(app, name="setup")
    root.command("doctor")(doctor)


def doctor() -> None:
    """Check every token, permission and channel with the platforms themselves, and say how to mend each."""
    from bot.cli.running import surroundings
    from bot.wiring.slack import examine

    settings = load_settings()
    found = with_store(lambda store: examine(settings, store, surroundings()), settings)
    show_findings(found)
    if not all(one.well for one in found):
        raise typer.Exit(1)
