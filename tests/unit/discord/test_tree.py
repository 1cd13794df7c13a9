"""The commands as Discord registers them: all of the registry, within Discord's limits."""

from collections.abc import Iterator, Mapping
from typing import Any

import discord
import pytest

from adapters.discord.offer import COMMANDS
from adapters.discord.tree import SAVE, SIMILAR, Tree, _Nobody, _plain, slash
from bot.commands.model import Command, Kind, Option
from bot.commands.values import LONGEST_PAPERS

STRING, INTEGER, ROLE = 3, 4, 8
MANAGE_CHANNELS = "16"


@pytest.fixture
def payload() -> list[dict[str, Any]]:
    client = discord.Client(intents=discord.Intents.none())
    return Tree(client, "papers", _Nobody()).payload


def commands_in(payload: list[dict[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What can be typed, with how Discord knows it."""
    for one in payload:
        if one["type"] == discord.AppCommandType.chat_input.value:
            for inner in one["options"]:
                if inner["type"] == discord.AppCommandOptionType.subcommand_group.value:
                    for innermost in inner["options"]:
                        yield f"/{one['name']} {inner['name']} {innermost['name']}", innermost
                else:
                    yield f"/{one['name']} {inner['name']}", inner


def described(payload: list[dict[str, Any]], command: Command) -> Mapping[str, Any]:
    return dict(commands_in(payload))[slash("papers", command)]


def test_every_command_is_registered_and_nothing_else(payload: list[dict[str, Any]]) -> None:
    assert sorted(name for name, _ in commands_in(payload)) == sorted(
        slash("papers", one) for one in COMMANDS
    )
    assert sorted(one["name"] for one in payload) == sorted(["papers", "papers-channel", SIMILAR, SAVE])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
def test_options_have_their_types_and_ranges(payload: list[dict[str, Any]], command: Command) -> None:
    found = {one["name"]: one for one in described(payload, command)["options"]}
    assert set(found) == {one.name for one in command.options}
    for option in command.options:
        check(found[option.name], option, command)


def check(found: Mapping[str, Any], option: Option, command: Command) -> None:
    assert found["required"] is (option.required and not command.form)
    match option.kind:
        case Kind.NUMBER:
            assert (found["type"], found["min_value"], found["max_value"]) == (
                INTEGER,
                option.least,
                option.most,
            )
        case Kind.ROLE:
            assert found["type"] == ROLE
        case Kind.PAPERS:
            assert (found["type"], found["max_length"]) == (STRING, LONGEST_PAPERS)
            assert not found.get("autocomplete")
        case Kind.CHOICE if len(option.choices) <= 25:
            assert tuple(one["value"] for one in found["choices"]) == option.choices
            assert not found.get("autocomplete")
        case _:
            assert (found["type"], found["autocomplete"]) == (STRING, True)


def test_only_who_manages_channels_sees_what_manages_one_and_only_in_servers(
    payload: list[dict[str, Any]],
) -> None:
    by_name = {one["name"]: one for one in payload}
    channel = by_name["papers-channel"]
    assert (
        str(channel["default_member_permissions"]),
        channel["contexts"],
        channel["integration_types"],
    ) == (
        MANAGE_CHANNELS,
        [0],
        [0],
    )
    for name in ("papers", SIMILAR, SAVE):
        one = by_name[name]
        assert one["default_member_permissions"] is None
        assert (sorted(one["contexts"]), sorted(one["integration_types"])) == ([0, 1, 2], [0, 1])


def test_all_of_it_fits_discords_limits(payload: list[dict[str, Any]]) -> None:
    for one in payload:
        assert texts(one) <= 8_000
        assert len(one.get("options") or ()) <= 25
    for name, command in commands_in(payload):
        assert 1 <= len(command["description"]) <= 100, name
        assert len(command["options"]) <= 25
        for option in command["options"]:
            assert 1 <= len(option["description"]) <= 100, (name, option["name"])
            assert len(option.get("choices") or ()) <= 25


def texts(value: Any) -> int:
    """Characters of names, descriptions and values, as Discord counts them."""
    if isinstance(value, dict):
        own = sum(
            len(value[name]) for name in ("name", "description", "value") if isinstance(value.get(name), str)
        )
        return own + sum(texts(value.get(name)) for name in ("options", "choices"))
    return sum(map(texts, value)) if isinstance(value, list) else 0


def test_commands_are_the_same_in_whatever_order_and_with_whatever_discord_adds(
    payload: list[dict[str, Any]],
) -> None:
    told = [
        {"id": str(number), "application_id": "1", "version": "2", **one}
        for number, one in enumerate(reversed(payload))
    ]
    for one in told:
        permissions = one["default_member_permissions"]
        one["default_member_permissions"] = None if permissions is None else str(permissions)
        one["name_localizations"] = None
    assert _plain(told) == _plain(payload)


@pytest.mark.parametrize("change", ["description", "options", "contexts"])
def test_any_change_counts(payload: list[dict[str, Any]], change: str) -> None:
    changed = [dict(one) for one in payload]
    changed[0][change] = {"description": "Another", "options": [], "contexts": [0]}[change]
    assert _plain(changed) != _plain(payload)
