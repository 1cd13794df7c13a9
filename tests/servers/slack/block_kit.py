"""Blocks and views held against their schemas, their limits and the shared validator's rules."""

import json
from collections.abc import Callable
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from tests.servers.slack.limits import overstepped
from tests.servers.slack.state import Body
from tests.shared import shared_file


class BlockKit:
    """Says what is wrong, in words; each distinct value is looked at once, as many channels get the same."""

    def __init__(self, validator: Any) -> None:
        """`validator` is the shared module `validate_slack`."""
        self._validator = validator
        self._limits: Body = _read("specs/slack/slackblocks-spec/limits.json")
        # Each block against the schema of its own type: of a choice among all, an error says nothing.
        self._blocks = _by_type(_read("specs/generated/slack_blocks.schema.json"), "Block")
        self._views = _by_type(_read("specs/generated/slack_view.schema.json"), "View")
        self._known: dict[str, tuple[str, ...]] = {}

    def blocks(self, value: Any) -> tuple[str, ...]:
        """Of a message."""
        return self._once(self._check_blocks, value)

    def view(self, value: Any) -> tuple[str, ...]:
        """Of a modal or a home page."""
        return self._once(self._check_view, value)

    def _once(self, check: Callable[[Any], list[str]], value: Any) -> tuple[str, ...]:
        name = f"{check.__name__} {json.dumps(value, sort_keys=True)}"
        if name not in self._known:
            self._known[name] = tuple(check(value))
        return self._known[name]

    def _check_blocks(self, value: Any) -> list[str]:
        problems = self._misshapen(value, "blocks")
        return problems or [*self._validator.check_blocks(value), *overstepped(value, self._limits)]

    def _check_view(self, value: Any) -> list[str]:
        problem = _misfit(self._views, value, "view")
        if problem is not None:
            return [problem]
        problems = self._misshapen(value["blocks"], "view.blocks")
        if len(value.get("callback_id", "")) > self._limits["view"]["callback_id"]["max_length"]:
            problems.append("view.callback_id is too long")
        return problems or [
            *self._validator.check_view(value),
            *overstepped(value["blocks"], self._limits, "view.blocks"),
        ]

    def _misshapen(self, value: Any, where: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{where} is no list"]
        found = (_misfit(self._blocks, block, f"{where}[{n}]") for n, block in enumerate(value))
        return [problem for problem in found if problem is not None]


def _misfit(schemas: dict[str, Draft7Validator], value: Any, where: str) -> str | None:
    schema = schemas.get(str(value.get("type"))) if isinstance(value, dict) else None
    if schema is None:
        return f"{where} is of no known type: {str(value)[:80]}"
    error = best_match(schema.iter_errors(value))
    return None if error is None else f"{where}{error.json_path[1:]}: {error.message[:300]}"


def _by_type(schema: Body, suffix: str) -> dict[str, Draft7Validator]:
    """A schema for each `type` among the definitions with this suffix."""
    found = {}
    for name, definition in schema["definitions"].items():
        constant = definition.get("properties", {}).get("type", {}).get("const")
        if name.endswith(suffix) and constant is not None:
            whole = {"$ref": f"#/definitions/{name}", "definitions": schema["definitions"]}
            found[constant] = Draft7Validator(whole)
    return found


def _read(name: str) -> Body:
    found: Body = json.loads(shared_file(name).read_text())
    return found
