"""Calls and payloads held against the shared specifications."""

import importlib.util
import json
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from tests.servers.slack.limits import overstepped
from tests.servers.slack.state import Body
from tests.shared import shared_file

# Codes that Slack gives whatever the method, or shows in its examples, though the scraped lists leave
# them out; `msg_too_long` is missing from chat.postMessage alone.
UNLISTED: Final = frozenset({"invalid_auth", "invalid_arguments", "msg_too_long", "ratelimited"})

# Fields that Slack does send and the recorded samples leave out.
UNSAMPLED: Final = frozenset({
    "actions", "channel", "response_url", "response_urls", "state", "message", "user", "type",
    "action_ts", "view", "context_team_id", "context_enterprise_id", "is_ext_shared_channel",
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
        self._limits = _read("specs/slack/slackblocks-spec/limits.json")
        self._blocks = Draft7Validator(_read("specs/generated/slack_blocks.schema.json"))
        self._view = Draft7Validator(_read("specs/generated/slack_view.schema.json"))
        self._methods = shared_file("specs/slack/api-ref/methods")
        self._references: dict[str, Body | None] = {}
        self._checked: dict[str, tuple[str, ...]] = {}

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
        """Everything that is wrong with a call; each distinct one is looked at once."""
        # Channels, names and times differ from call to call; what takes long to check does not.
        light = {key: value for key, value in arguments.items() if key not in ("blocks", "view")}
        problems = [str(one) for one in self._validator.check_call(method, light | self._stubs(arguments))]
        return problems + [
            f"{method}: {one}"
            for key in ("blocks", "view")
            if arguments.get(key) is not None
            for one in self._content(key, arguments[key])
        ]

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

    def block_problems(self, blocks: Any) -> tuple[str, ...]:
        return self._content("blocks", blocks)

    def view_problems(self, view: Any) -> tuple[str, ...]:
        return self._content("view", view)

    def _stubs(self, arguments: Body) -> Body:
        """Valid stand-ins for the parts that are looked at on their own."""
        divider = {"type": "divider"}
        stubs: Body = {}
        if arguments.get("blocks"):
            stubs["blocks"] = [divider]
        if arguments.get("view"):
            stubs["view"] = {"type": "home", "blocks": [divider]}
        return stubs

    def _content(self, key: str, value: Any) -> tuple[str, ...]:
        known = f"{key} {json.dumps(value, sort_keys=True)}"
        if known not in self._checked:
            self._checked[known] = tuple(self._check(key, value))
        return self._checked[known]

    def _check(self, key: str, value: Any) -> list[str]:
        error = best_match((self._blocks if key == "blocks" else self._view).iter_errors(value))
        if error is not None:
            return [f"{key}: {error.json_path} {error.message[:300]}"]
        if key == "blocks":
            return [*self._validator.check_blocks(value), *overstepped(value, self._limits)]
        problems = [
            *self._validator.check_view(value),
            *overstepped(value["blocks"], self._limits, "view.blocks"),
        ]
        if len(value.get("callback_id", "")) > self._limits["view"]["callback_id"]["max_length"]:
            problems.append("view.callback_id is too long")
        return problems

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


def _read(name: str) -> Any:
    return json.loads(shared_file(name).read_text())


@cache
def _sample(name: str) -> Body | None:
    path = shared_file("specs/slack/json-logs") / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


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
