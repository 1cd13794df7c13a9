"""The manifest: Slack's own schema takes it, and it asks for what the packs say and for nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from adapters.slack.answers import BOT_NAME, INVITE
from adapters.slack.manifest import as_yaml, manifest, usage_hint
from adapters.slack.scopes import BASE, PACKS, events, scopes
from bot.commands.registry import COMMANDS
from bot.config_values import SLACK_PACKS
from bot.errors import InputError
from tests.cli import Cli
from tests.shared import shared_file

ADDRESS = "https://papers.example.org"
EVERY_PACK = tuple(pack.name for pack in PACKS)
WAYS = {
    "base, Socket Mode": {"packs": (), "public_url": None, "oauth": False},
    "every pack, Socket Mode": {"packs": EVERY_PACK, "public_url": None, "oauth": False},
    "base, HTTP": {"packs": (), "public_url": ADDRESS, "oauth": False},
    "every pack, OAuth": {"packs": EVERY_PACK, "public_url": ADDRESS, "oauth": True},
}


def made(way: str) -> dict[str, Any]:
    chosen: Any = WAYS[way]
    return manifest("/papers", chosen["packs"], public_url=chosen["public_url"], oauth=chosen["oauth"])


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
@pytest.mark.parametrize("way", WAYS)
def test_slacks_schema_takes_it(way: str, version: str) -> None:
    schema = json.loads(shared_file(f"specs/slack/manifest/manifest.schema.{version}.json").read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(made(way))] == []


@pytest.mark.parametrize("way", WAYS)
def test_yaml_says_the_same(way: str) -> None:
    assert yaml.safe_load(as_yaml(made(way))) == made(way)


def test_the_base_posts_and_answers_and_reads_nothing() -> None:
    asked = made("base, Socket Mode")
    assert asked["oauth_config"] == {"scopes": {"bot": ["commands", "chat:write", "im:write"]}}
    assert asked["settings"]["event_subscriptions"] == {
        "bot_events": ["app_home_opened", "app_uninstalled", "tokens_revoked"]
    }
    assert "unfurl_domains" not in asked["features"]


def test_each_pack_adds_its_scopes_and_events_alone() -> None:
    added = {pack.name: [one.name for one in scopes([pack.name])][len(BASE) :] for pack in PACKS}
    assert added == {
        "recheck": ["channels:history", "groups:history", "im:history"],
        "links": ["links:read", "links:write"],
        "plots": ["files:write"],
        "join": ["channels:join"],
        "channels": ["channels:read", "groups:read"],
        "people": ["users:read"],
    }
    assert events(["links"])[3:] == ("link_shared",)
    assert all(events([name]) == events([]) for name in EVERY_PACK if name != "links")
    asked = manifest("/papers", ["links"], public_url=None, oauth=False)
    assert asked["features"]["unfurl_domains"] == ["arxiv.org", "huggingface.co"]


def test_the_packs_are_those_of_the_settings() -> None:
    assert EVERY_PACK == SLACK_PACKS


def test_every_scope_has_a_reason_for_people() -> None:
    for scope in scopes(EVERY_PACK):
        assert len(scope.reason.split()) > 3
        assert not scope.reason.endswith(".")


def test_only_an_app_with_an_address_is_called() -> None:
    called = f"{ADDRESS}/slack/events"
    http, socket = made("base, HTTP"), made("base, Socket Mode")
    assert http["settings"]["event_subscriptions"]["request_url"] == called
    assert http["settings"]["interactivity"]["request_url"] == called
    assert http["features"]["slash_commands"][0]["url"] == called
    assert "://" not in json.dumps(socket)
    assert [one["settings"]["socket_mode_enabled"] for one in (http, socket)] == [False, True]


def test_tokens_rotate_only_where_they_are_given_by_oauth() -> None:
    assert [made(way)["settings"]["token_rotation_enabled"] for way in WAYS] == [False, False, False, True]
    assert made("every pack, OAuth")["oauth_config"]["redirect_urls"] == [f"{ADDRESS}/slack/oauth_redirect"]


def test_oauth_needs_an_address_to_come_back_to() -> None:
    with pytest.raises(InputError, match="PAPERBOY_PUBLIC_URL"):
        manifest("/papers", (), public_url=None, oauth=True)


def test_the_hint_names_every_command_once() -> None:
    words = usage_hint().removeprefix("words to search for, or ").split(", ")
    assert words == list(dict.fromkeys(command.name.split()[0] for command in COMMANDS))


def test_the_bot_is_invited_by_the_name_that_it_has() -> None:
    assert made("base, HTTP")["features"]["bot_user"]["display_name"] == BOT_NAME
    assert INVITE.removeprefix("/invite @") == BOT_NAME


def test_the_command_line_prints_what_the_settings_make(tmp_path: Path) -> None:
    cli = Cli(tmp_path)
    settings = {"PAPERBOY_SLACK_COMMAND": "/reading", "PAPERBOY_SLACK_PACKS": "links"}
    expected = manifest("/reading", ("links",), public_url=None, oauth=False)
    assert yaml.safe_load(cli.ok("slack manifest", **settings)) == expected
    assert yaml.safe_load(cli.ok("slack manifest --yaml", **settings)) == expected
    assert cli.json("slack manifest", **settings) == expected
    assert "one of" in cli.fails("slack manifest --json --yaml")


def test_the_settings_decide_who_calls_whom(tmp_path: Path) -> None:
    cli = Cli(tmp_path)

    def calls_slack(line: str, **settings: str) -> bool:
        return bool(cli.json(line, **settings)["settings"]["socket_mode_enabled"])

    public, token = {"PAPERBOY_PUBLIC_URL": ADDRESS}, {"PAPERBOY_SLACK_APP_TOKEN": "xapp-1"}
    many = {"PAPERBOY_SLACK_CLIENT_ID": "1.2"}
    assert calls_slack("slack manifest")
    assert not calls_slack("slack manifest", **public)
    assert calls_slack("slack manifest", **public, **token)
    assert not calls_slack("slack manifest", **public, **token, **many)
    assert cli.json("slack manifest --oauth", **public) == cli.json("slack manifest", **public, **many)
    assert "PAPERBOY_PUBLIC_URL" in cli.fails("slack manifest --oauth")
