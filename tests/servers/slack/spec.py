"""Calls and payloads held against the shared specifications."""

import importlib.util
import json
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from tests.servers.slack.block_kit import BlockKit
from tests.servers.slack.state import Body
from tests.shared import shared_file

# Codes that Slack gives whatever the method, or shows in its examples, though the scraped lists leave
# them out; `msg_too_long` is missing from chat.postMessage alone.
UNLISTED: Final = frozenset({"invalid_auth", "invalid_arguments", "msg_too_long", "ratelimited"})

# Fields that Slack does send and the recorded samples leave out.
UNSAMPLED: Final = frozenset({
    "actions", "channel", "response_url", "response_urls", "state", "message", "user", "type",
    "action_ts", "api_app_id", "view", "context_team_id", "context_enterprise_id", "is_ext_shared_channel",
})  # fmt: skip
_SAMPLES: Final = {
    "slash_commands": "slash-commands/SlashCommandPayload",
    "block_actions": "interactive-components/BlockActionPayload",
    "message_action": "interactive-components/MessageShortcutPayload",
    "view_submission": "views/ViewSubmissionPayload",
    "view_closed": "views/ViewClosedPayload",
}


class Spec:
    """The specifications, loaded once. Making one skips the test where the shared folder is absent."""

    def __init__(self) -> None:
        self._validator = _loaded_validator()
        self._validator.ref = self._reference  # its own opens a file at every call, and leaves it so
        self.block_kit = BlockKit(self._validator)
        self._methods = shared_file("specs/slack/api-ref/methods")
        self._references: dict[str, Body | None] = {}

    def describes(self, method: str) -> bool:
        return self._reference(method) is not None

    def errors(self, method: str) -> frozenset[str]:
        """The errors that the method may answer."""
        reference = self._reference(method) or {}
        return frozenset(reference.get("errors") or {}) | UNLISTED

    def typed(self, method: str, arguments: Mapping[str, Any]) -> tuple[Body, list[str]]:
        """Arguments of a form as the values they stand for, and what stands for none."""
        described = (self._reference(method) or {}).get("args") or {}
        typed, problems = {}, []
        for name, value in arguments.items():
            kinds = described.get(name, {}).get("type") or ""
            try:
                typed[name] = _typed(value, kinds, structured=_structured(described.get(name, {})))
            except ValueError:
                problems.append(f"{method}: {name}={value!r} is no {kinds or 'JSON'}")
        return typed, problems

    def problems(self, method: str, arguments: Body) -> list[str]:
        """Everything that is wrong with a call."""
        rest = {key: value for key, value in arguments.items() if key not in ("blocks", "view")}
        divider = {"type": "divider"}  # stands for what is looked at on its own, and once
        if arguments.get("blocks"):
            rest["blocks"] = [divider]
        if arguments.get("view"):
            rest["view"] = {"type": "home", "blocks": [divider]}
        problems = [str(one) for one in self._validator.check_call(method, rest)]
        if arguments.get("blocks") is not None:
            problems += [f"{method}: {one}" for one in self.block_kit.blocks(arguments["blocks"])]
        if arguments.get("view") is not None:
            problems += [f"{method}: {one}" for one in self.block_kit.view(arguments["view"])]
        for card in _cards(arguments):
            problems += [f"{method}: {one}" for one in self.block_kit.blocks(card.get("blocks") or [])]
        return problems

    def payload_problems(self, kind: str, payload: Body) -> list[str]:
        """How something that the stand-in sends differs from the recorded samples."""
        if kind == "event_callback":
            name = "".join(part.capitalize() for part in payload["event"]["type"].split("_"))
            sample = _sample(f"events/{name}Payload")
            known = UNSAMPLED | set(sample["event"] if sample else payload["event"])
            return [f"{name}.{key} is not in the samples" for key in set(payload["event"]) - known]
        if kind not in _SAMPLES:
            return []
        known = UNSAMPLED | set(_sample(f"app-backend/{_SAMPLES[kind]}") or {})
        return [f"{kind}.{key} is not in the samples" for key in set(payload) - known]

    def _reference(self, method: str) -> Body | None:
        if method not in self._references:
            path = self._methods / f"{method}.json"
            self._references[method] = json.loads(path.read_text()) if path.exists() else None
        return self._references[method]


def _loaded_validator() -> Any:
    """The shared module `validate_slack`."""
    found = importlib.util.spec_from_file_location("validate_slack", shared_file("specs/validate_slack.py"))
    assert found is not None
    assert found.loader is not None
    validator = importlib.util.module_from_spec(found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves a file to the collector
        found.loader.exec_module(validator)
    return validator


@cache
def load() -> Spec:
    return Spec()


@cache
def _sample(name: str) -> Body | None:
    path = shared_file("specs/slack/json-logs") / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def _cards(arguments: Body) -> list[Body]:
    """What hangs below a message, and may hold blocks of its own."""
    unfurls = arguments.get("unfurls") or {}
    cards = [*(arguments.get("attachments") or []), *(unfurls.values() if isinstance(unfurls, dict) else [])]
    return [card for card in cards if isinstance(card, dict)]


def _structured(described: Body) -> bool:
    return described.get("format") == "json" or described.get("type") == "array"


def _typed(value: Any, kinds: Any, *, structured: bool) -> Any:
    """Raises `ValueError`."""
    if not isinstance(value, str):
        return value
    if structured:
        return json.loads(value)
    if "boolean" in kinds:
        if value.lower() not in ("0", "1", "true", "false"):
            raise ValueError(value)
        return value.lower() in ("1", "true")
    if kinds in ("integer", "number"):
        return int(value)
    return value
