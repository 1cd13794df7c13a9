"""`paperboy setup`: the whole way to a platform, a step at a time; and `paperboy doctor`, who looks at it."""

import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.common import load_settings, run, say, warn, with_store
from bot.cli.output import paragraph
from bot.config import CONFIG_FILE, CONFIG_VARIABLE, Settings, env_name
from bot.errors import InputError
from bot.view.doc import Span

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.wiring.slack import Finding

app = typer.Typer(help="Set Paperboy up for a platform, step by step.", no_args_is_help=True)

_MEMBER: Final = re.compile(r"[UW][A-Z0-9]{6,30}")


@app.command()
def slack(
    config: Annotated[
        Path | None,
        typer.Option(
            help="The settings file to write; unless given, the one that counts here, or else paperboy.toml "
            "in the home folder."
        ),
    ] = None,
) -> None:
    """Walk through all of Slack: the app, its tokens, a check, a test message, the settings.

    Nothing is written before everything is known to work. Run again, it keeps what is set.
    """
    from bot.cli.settings_file import check_settings_file

    if not sys.stdin.isatty():
        raise InputError(
            "This asks questions: run it in a terminal. docs/slack.md has the steps to do by hand."
        )
    settings = _settings_of(config)
    file = (config or settings.file or settings.home / CONFIG_FILE).absolute()
    check_settings_file(file)
    packs = _choose_packs(settings)
    _make_app(settings, packs, file)
    bot_token, app_token = _ask_tokens(settings, packs)
    member = _ask_member(settings, bot_token)
    _write(file, settings, packs, bot_token, app_token, member)
    _finish(file, settings)


def _settings_of(config: Path | None) -> Settings:
    """The settings as that file has them, if it is there already."""
    if config is None or not config.exists():
        return load_settings()
    return Settings.load({**os.environ, CONFIG_VARIABLE: str(config.absolute())}, Path.cwd())


# --- the steps -----------------------------------------------------------------------------------


def _choose_packs(settings: Settings) -> tuple[str, ...]:
    from bot.wiring.slack import PACKS

    say("Paperboy posts and answers with three permissions: commands, chat:write, im:write.")
    say("What else may it do? Each can be added or taken away later.")
    chosen_before = settings.origin("slack_packs") != "default"
    chosen = []
    for pack in PACKS:
        say()
        scopes = ", ".join(scope.name for scope in pack.scopes)
        paragraph(Span(pack.name, strong=True), Span(f": {pack.gives} ({scopes})"), first="  ", rest="    ")
        default = pack.name in settings.slack_packs if chosen_before else pack.name == "people"
        if typer.confirm(f"  Let it ({pack.name})?", default=default):
            chosen.append(pack.name)
    return tuple(chosen)


def _make_app(settings: Settings, packs: tuple[str, ...], file: Path) -> None:
    """Has the app made in Slack; one that is there already is kept, and changed if its rights change."""
    from bot.wiring.slack import new_app, note

    say()
    if settings.slack_bot_token is not None:
        if packs != settings.slack_packs:
            say("The app in Slack has to learn of that: at api.slack.com/apps, App Manifest, put in what")
            say("`paperboy slack manifest` prints once this is done, and install it again; or, under OAuth &")
            say("Permissions, change the scopes by hand now and install it again.")
        return
    say("1. Open this link: it makes the app with everything filled in. Choose your workspace, then Create.")
    say()
    say(new_app(settings, packs))
    say()
    say("2. Press Install to Workspace.")
    if not typer.confirm("   Does Slack say that an administrator has to approve it?", default=False):
        return
    say()
    say("Send this to an administrator:")
    say()
    say(note(settings, packs))
    say()
    if typer.confirm("Is it approved already?", default=False):
        return
    from bot.cli.settings_file import write_settings

    write_settings(file, {"slack_packs": list(packs)})
    say("Run this command again once it is approved; it remembers what you chose.")
    raise typer.Exit


def _ask_tokens(settings: Settings, packs: Sequence[str]) -> tuple[str, str]:
    from bot.wiring.slack import app_token, bot_token

    return (
        _ask_token(
            "Bot User OAuth Token (OAuth & Permissions; begins with xoxb-)",
            settings.slack_bot_token,
            lambda token: run(bot_token(settings, token, packs)),
        ),
        _ask_token(
            "App-Level Token (Basic Information; with the scope connections:write; begins with xapp-)",
            settings.slack_app_token,
            lambda token: run(app_token(settings, token)),
        ),
    )


def _ask_token(what: str, known: "SecretStr | None", check: "Callable[[str], Sequence[Finding]]") -> str:
    """A token that Slack has said to be good."""
    keep = "" if known is None else "; Enter keeps the one that is set"
    while True:
        say()
        token = str(
            typer.prompt(
                f"{what}\nIt stays hidden{keep}",
                hide_input=True,
                default=None if known is None else known.get_secret_value(),
                show_default=False,
            )
        ).strip()
        found = check(token)
        show_findings(found)
        if all(one.well for one in found):
            return token


def _ask_member(settings: Settings, bot_token: str) -> str:
    """The id of whoever sets this up, which a message has reached; empty if they would rather not."""
    from bot.wiring.slack import test_message

    say()
    say(
        "Your own member ID (in Slack: your picture, Profile, the three dots, Copy member ID). You get a test"
    )
    say("message now, and can set up channels later. Leave it empty to do without.")
    while True:
        member = str(typer.prompt("Member ID", default="", show_default=False)).strip().upper()
        if not member:
            return ""
        if not _MEMBER.fullmatch(member):
            warn(f"{member!r} is no member ID; they look like U012ABCDEF.")
            continue
        found = run(test_message(settings, bot_token, member))
        show_findings(found)
        if all(one.well for one in found):
            return member


def _write(
    file: Path, settings: Settings, packs: Sequence[str], bot_token: str, app_token: str, member: str
) -> None:
    from bot.cli.settings_file import write_settings

    values: dict[str, str | list[str]] = {
        "slack_bot_token": bot_token,
        "slack_app_token": app_token,
        "slack_packs": list(packs),
    }
    if member and "people" not in packs:
        named = [one for one in settings.slack_managers if _MEMBER.fullmatch(one)]
        values["slack_managers"] = list(dict.fromkeys([*named, member]))
    write_settings(file, values)
    say()
    say(f"Wrote {file}; only you can read it.")
    for key in values:
        if settings.origin(key) == env_name(key):
            warn(f"{env_name(key)} is set in the environment, and goes before the file: take it away there.")


def _finish(file: Path, settings: Settings) -> None:
    from bot.cli.keeping import keep_running

    program = Path(sys.executable).with_name("paperboy")
    found_anyway = file in {settings.home / CONFIG_FILE, Path.cwd() / CONFIG_FILE}
    prefix = "" if found_anyway else f"{CONFIG_VARIABLE}={shlex.quote(str(file))} "
    say()
    say(f"Now start it: {prefix}paperboy run")
    say(
        f"Then type {settings.slack_command} in Slack, and {settings.slack_command} channel add in a channel."
    )
    say(f"Whether all is well: {prefix}paperboy doctor")
    say()
    for line in keep_running(program, file, late_hours=settings.late_limit_hours).splitlines():
        say(line)


# --- the doctor ----------------------------------------------------------------------------------


def register(root: typer.Typer) -> None:
    """Adds the commands of this module."""
    root.add_typer(app, name="setup")
    root.command("doctor")(doctor)


def doctor() -> None:
    """Check every token, permission, event and channel of the platforms, and say how to mend each."""
    from bot.cli.running import surroundings
    from bot.wiring.slack import examine

    settings = load_settings()
    found = with_store(lambda store: examine(settings, store, surroundings()), settings)
    show_findings(found)
    if not all(one.well for one in found):
        raise typer.Exit(1)


def show_findings(found: "Sequence[Finding]") -> None:
    """A line for each thing that was looked at, and what to do about what is not well."""
    for one in found:
        mark = "??" if one.open else "ok" if one.well else "NO"
        paragraph(Span(f"{one.what} {one.state}"), first=f"{mark}  ")
        if one.remedy:
            paragraph(Span(one.remedy), first="    → ", rest="      ")
