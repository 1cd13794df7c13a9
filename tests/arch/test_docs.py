"""The manual is whole: every command, in a shell or in a chat, every option and every setting is in it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli import app
from bot.commands.manual import manual
from bot.commands.model import Command
from bot.commands.registry import COMMANDS
from bot.commands.table import HANDLERS
from bot.commands.text import read_text
from bot.config import Settings, env_name
from bot.config_shown import render_config

ROOT = Path(__file__).resolve().parents[2]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command that a person can type, with its path; groups come before what is in them."""
    yield path, command
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        if not inner.hidden:
            yield from commands(inner, f"{path} {name}")


def all_commands() -> list[tuple[str, Any]]:
    return list(commands(typer.main.get_command(app), "paperboy"))


def test_every_command_is_in_the_manual() -> None:
    text = page("docs/cli.md")
    found = all_commands()
    assert len(found) > 5
    assert [path for path, _ in found if not re.search(rf"{re.escape(path)}(?![\w-])", text)] == []


def test_every_option_is_in_the_manual() -> None:
    text = page("docs/cli.md")
    missing = [
        f"{path} {option}"
        for path, command in all_commands()
        for parameter in command.params
        if not getattr(parameter, "hidden", False)
        for option in parameter.opts
        if option.startswith("--") and not re.search(rf"{re.escape(option)}(?![\w-])", text)
    ]
    assert missing == []


def test_every_command_says_what_it_does() -> None:
    assert [path for path, command in all_commands() if not (command.help or "").strip()] == []


def test_the_manual_of_commands_is_made_from_their_declarations() -> None:
    assert page("docs/commands.md") == manual(), "`make docs` makes it anew"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
def test_every_declared_command_is_whole(command: Command) -> None:
    assert 0 < len(command.summary) <= 80
    assert not command.summary.endswith(".")
    assert command.help.endswith(".")
    assert command.examples
    assert all(read_text(example).command is command for example in command.examples)
    assert all(option.help and not option.help.endswith(".") for option in command.options)
    assert command.name in HANDLERS


def test_every_setting_is_in_the_manual_with_its_variable_key_and_default() -> None:
    rows = [line.split("|") for line in page("docs/settings.md").splitlines() if line.startswith("| `")]
    documented = {(row[1].strip(), row[2].strip()): row[3].strip() for row in rows}
    settings = Settings.load({"PAPERBOY_HOME": "/home", "PAPERBOY_CONFIG": ""}, ROOT / "docs")
    expected = {
        (f"`{env_name(row.name)}`", f"`{row.name}`"): f"`{row.value}`" if row.value != "not set" else ""
        for row in render_config(settings)
    }
    del expected["`PAPERBOY_HOME`", "`home`"], expected["`PAPERBOY_DATABASE`", "`database`"]
    assert {names: documented.get(names) for names in expected} == expected
    assert set(documented) - set(expected) == {
        ("`PAPERBOY_HOME`", "`home`"),
        ("`PAPERBOY_DATABASE`", "`database`"),
    }


def test_every_variable_of_the_example_is_a_setting() -> None:
    variables = re.findall(r"^#?([A-Z_]+)=", page(".env.example"), re.MULTILINE)
    assert len(variables) > 5
    assert set(variables) <= {env_name(key) for key in Settings.model_fields}


def test_the_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{file.relative_to(ROOT)}: {target}"
        for file in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"))
        for target in re.findall(r"\]\(([^)#\s]+)", file.read_text(encoding="utf-8"))
        if "://" not in target and not (file.parent / target).exists()
    ]
    assert broken == []
