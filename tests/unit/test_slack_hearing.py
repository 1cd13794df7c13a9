"""Who spoke and where, from the payloads that Slack documents."""

import json
from typing import Any

import pytest

from adapters.slack.hearing import Heard, channel_label, heard, spoken, typed
from tests.shared import shared_file

COMMAND: dict[str, Any] = {
    "command": "/papers",
    "text": "today",
    "team_id": "T1",
    "user_id": "U1",
    "user_name": "maya",
    "channel_id": "C1",
    "channel_name": "ml-papers",
    "trigger_id": "1.2.a",
    "response_url": "http://127.0.0.1/respond",
}


def test_a_command_of_one_workspace_is_that_workspaces() -> None:
    assert heard(COMMAND) == Heard(
        tenant="T1",
        user="U1",
        user_name="maya",
        user_team="",
        channel="C1",
        channel_name="ml-papers",
        trigger="1.2.a",
        response_url="http://127.0.0.1/respond",
        spoke=True,
    )


@pytest.mark.parametrize(("flag", "tenant"), [("true", "E1"), (True, "E1"), ("false", "T1"), (None, "T1")])
def test_where_an_enterprise_installed_the_bot_it_is_the_tenant(flag: object, tenant: str) -> None:
    assert heard({**COMMAND, "enterprise_id": "E1", "is_enterprise_install": flag}).tenant == tenant


def test_the_workspace_of_whoever_presses_is_told() -> None:
    body = {
        "type": "block_actions",
        "user": {"id": "U9", "name": "stranger", "team_id": "T9"},
        "team": {"id": "T1", "domain": "acme"},
        "channel": {"id": "C1", "name": "shared"},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C1", "is_ephemeral": True},
    }
    assert (heard(body).tenant, heard(body).user_team) == ("T1", "T9")
    assert heard(body).ephemeral
    assert not heard({**body, "actions": [{"action_id": "button-0", "block_id": "b1"}]}).spoke
    within = {**body, "enterprise": {"id": "E1", "name": "Acme"}, "is_enterprise_install": True}
    assert (heard(within).tenant, heard(within).user_team) == ("E1", "T9")


def test_what_is_pressed_in_the_answer_to_a_command_tells_that_it_was_typed() -> None:
    (block,) = spoken([{"type": "actions", "elements": []}])
    body = {
        "type": "block_actions",
        "user": {"id": "U1", "name": "maya"},
        "team": {"id": "T1", "domain": "acme"},
        "actions": [{"action_id": "button-0", "block_id": block["block_id"]}],
    }
    assert heard(body).spoke


def test_an_event_is_of_who_it_was_granted_to() -> None:
    body = {
        "team_id": "T9",
        "event": {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"},
        "authorizations": [{"enterprise_id": None, "team_id": "T1", "is_enterprise_install": False}],
    }
    assert (heard(body).tenant, heard(body).user, heard(body).direct) == ("T1", "U1", True)


@pytest.mark.parametrize(
    "file",
    [
        "slash-commands/SlashCommandPayload",
        "interactive-components/BlockActionPayload",
        "interactive-components/MessageShortcutPayload",
        "views/ViewSubmissionPayload",
    ],
)
def test_every_documented_shape_can_be_read(file: str) -> None:
    body = json.loads(shared_file(f"specs/slack/json-logs/app-backend/{file}.json").read_text("utf-8"))
    assert isinstance(heard(body), Heard)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (
            "search <https://arxiv.org/abs/1706.03762|arxiv.org/abs/1706.03762>",
            "search https://arxiv.org/abs/1706.03762",
        ),
        ("search <https://arxiv.org/abs/1706.03762>", "search https://arxiv.org/abs/1706.03762"),
        ("search upvotes:&gt;20 &amp; C++", "search upvotes:>20 & C++"),
        ("search \u201cflash attention\u201d", 'search "flash attention"'),
        ("mail add <mailto:maya@example.org|maya@example.org>", "mail add maya@example.org"),
        ("  today ", "today"),
        ("search &lt;script&gt;", "search <script>"),
    ],
)
def test_slacks_own_writing_becomes_what_was_typed(sent: str, meant: str) -> None:
    assert typed(sent) == meant


def test_channels_are_called_as_people_call_them() -> None:
    assert channel_label("ml-papers") == "#ml-papers"
    assert channel_label("directmessage") == "your direct messages"
    assert channel_label("privategroup") == "this channel"
