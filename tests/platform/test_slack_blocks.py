"""What blocks and views the loopback Slack takes: all that its own samples show, and none beyond a limit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.platform.blocks import actions, button, menu, modal, options, plain, section, select
from tests.servers.slack import spec
from tests.servers.slack.limits import LONGEST_MESSAGE, too_long
from tests.servers.slack.state import Body
from tests.shared import shared_file

FIXTURES = "specs/slack/slackblocks-spec/fixtures/valid"
# Newer than the schemas or the SDK that stand beside them; the app uses none of them.
UNKNOWN = ("card_block", "data_table_block", "data_visualization_")


def asking(**traits: Any) -> Body:
    sure = {"title": plain("Sure?"), "text": plain("It goes."), "confirm": plain("Yes"), "deny": plain("No")}
    return button(confirm=sure | traits)


LIMITS: dict[str, tuple[int, Callable[[int], list[Body]]]] = {
    "blocks": (50, lambda n: [section()] * n),
    "block_id": (255, lambda n: [section(block_id="x" * n)]),
    "action_id": (255, lambda n: actions(button(action_id="x" * n))),
    "section text": (3_000, lambda n: [section("x" * n)]),
    "fields": (10, lambda n: [section(fields=[plain("x")] * n)]),
    "field text": (2_000, lambda n: [section(fields=[plain("x" * n)])]),
    "header": (150, lambda n: [{"type": "header", "text": plain("x" * n)}]),
    "context": (10, lambda n: [{"type": "context", "elements": [plain("x")] * n}]),
    "actions": (25, lambda n: actions(*(button(action_id=f"a{one}") for one in range(n)))),
    "button text": (75, lambda n: actions(button(text=plain("x" * n)))),
    "button value": (2_000, lambda n: actions(button(value="x" * n))),
    "button url": (3_000, lambda n: actions(button(url="x" * n))),
    "label read aloud": (75, lambda n: actions(button(accessibility_label="x" * n))),
    "question": (100, lambda n: actions(asking(title=plain("x" * n)))),
    "question text": (300, lambda n: actions(asking(text=plain("x" * n)))),
    "menu": (5, lambda n: [section(accessory=menu(n))]),
    "option text": (75, lambda n: [section(accessory=menu(2, text="x" * n))]),
    "option value": (150, lambda n: [section(accessory=menu(2, value="x" * n))]),
    "select": (100, lambda n: actions(select(options=options(n)))),
    "placeholder": (150, lambda n: actions(select(placeholder=plain("x" * n)))),
    "checkboxes": (
        10, lambda n: actions({"type": "checkboxes", "action_id": "a", "options": options(n)})
    ),
    "markdown": (12_000, lambda n: [{"type": "markdown", "text": "x" * n}]),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_what_reaches_a_limit_is_taken_and_what_is_beyond_is_not(name: str) -> None:
    limit, made = LIMITS[name]
    block_kit = spec.load().block_kit
    assert block_kit.blocks(made(limit)) == []
    assert block_kit.blocks(made(limit + 1))


@pytest.mark.parametrize(
    "block",
    [
        {"type": "unheard-of"},
        section(colour="red"),
        section(""),
        section(accessory=menu(1)),
        {"type": "header", "text": {"type": "mrkdwn", "text": "*bold*"}},
        {"type": "actions", "elements": [button(), button()]},
        "no block",
    ],
)
def test_what_is_no_block_is_refused(block: Any) -> None:
    assert spec.load().block_kit.blocks([block])


FIELD = {
    "type": "input",
    "label": plain("Label"),
    "element": {"type": "plain_text_input", "action_id": "a"},
}


@pytest.mark.parametrize(
    ("view", "taken"),
    [
        (modal(title=plain("x" * 24)), True),
        (modal(title=plain("x" * 25)), False),
        (modal(private_metadata="x" * 3_000), True),
        (modal(private_metadata="x" * 3_001), False),
        (modal(callback_id="x" * 255), True),
        (modal(callback_id="x" * 256), False),
        (modal(blocks=[section()] * 100), True),
        (modal(blocks=[section()] * 101), False),
        (modal(blocks=[FIELD], submit=plain("Save")), True),
        (modal(blocks=[FIELD]), False),
        (modal(blocks=[]), False),
        (modal(blocks=[section(colour="red")]), False),
        ({"type": "home", "blocks": [section()]}, True),
        ({"type": "workspace", "blocks": [section()]}, False),
    ],
)
def test_views_have_limits_too(view: Body, taken: bool) -> None:
    assert (spec.load().block_kit.view(view) == []) is taken


def test_a_message_has_a_length_in_all_with_what_it_carries_unseen() -> None:
    seen = [section("x" * 2_000) for _ in range(5)]
    carried = actions(*(button(value="v" * 1_500) for _ in range(2)))
    assert not too_long(seen + carried)
    assert too_long(seen + carried + [section("x" * (LONGEST_MESSAGE - 13_000))])


@pytest.mark.parametrize("kind", ["blocks", "views"])
def test_samples_of_valid_content_are_taken(kind: str) -> None:
    block_kit = spec.load().block_kit
    known = [path for path in samples(kind) if not path.name.startswith(UNKNOWN)]
    assert len(known) > 1
    for path in known:
        content = json.loads(path.read_text())
        problems = block_kit.view(content) if kind == "views" else block_kit.blocks([content])
        assert problems == [], path.name


def samples(kind: str) -> list[Path]:
    return sorted(shared_file(f"{FIXTURES}/{kind}").glob("*.json"))
