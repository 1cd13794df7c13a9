"""Blocks and views held against their schemas, their limits and the shared validator's rules."""

import json
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from tests.servers.slack.limits import overstepped
from tests.servers.slack.state import Body
from tests.shared import shared_file


class BlockKit:
    """Says what is wrong, in words; each distinct block is looked at once, as many channels get the same."""

    def __init__(self, validator: Any) -> None:
        """`validator` is the shared module `validate_slack`."""
        self._validator = validator
        self._limits: Body = _read("specs/slack/slackblocks-spec/limits.json")
        # Each block against the schema of its own type: of a choice among all, an error says nothing.
        self._blocks = _by_type(_read("specs/generated/slack_blocks.schema.json"), "Block")
        self._views = _by_type(_read("specs/generated/slack_view.schema.json"), "View")
        self._known: dict[str, tuple[str, ...]] = {}

    def blocks(self, value: Any, where: str = "blocks", surface: str = "message") -> list[str]:
        """Of a message, or of the other `surface`, a "view"."""
        if not isinstance(value, list) or not all(isinstance(block, dict) for block in value):
            return [f"{where} is no list of blocks"]
        # What concerns the list alone, told by blocks of which nothing else can be wrong.
        stubs = [{"type": "divider", "block_id": block.get("block_id")} for block in value]
        problems = [str(one) for one in self._validator.check_blocks(stubs, where, surface)]
        for number, block in enumerate(value):
            problems += [f"{where}[{number}]{problem}" for problem in self._block(block)]
        return problems

    def view(self, value: Any) -> list[str]:
        """Of a modal or a home page."""
        problem = _misfit(self._views, value)
        if problem is not None:
            return [f"view{problem}"]
        problems = [str(one) for one in self._validator.check_view(value)]
        if len(value.get("callback_id", "")) > self._limits["view"]["callback_id"]["max_length"]:
            problems.append("view.callback_id is too long")
        return problems or self.blocks(value["blocks"], "view.blocks", "view")

    def _block(self, block: Body) -> tuple[str, ...]:
        name = json.dumps(block, sort_keys=True)
        if name not in self._known:
            self._known[name] = tuple(self._look_at(block))
        return self._known[name]

    def _look_at(self, block: Body) -> list[str]:
        problem = _misfit(self._blocks, block)
        if problem is not None:
            return [problem]
        ruled = (str(one).removeprefix("blocks[0]") for one in self._validator.check_blocks([block]))
        return [*ruled, *overstepped(block, self._limits)]


def _misfit(schemas: dict[str, Draft7Validator], value: Any) -> str | None:
    schema = schemas.get(str(value.get("type"))) if isinstance(value, dict) else None
    if schema is None:
        return f": of no known type: {str(value)[:80]}"
    error = best_match(schema.iter_errors(value))
    return None if error is None else f"{error.json_path[1:]}: {error.message[:300]}"


def _by_type(schema: Body, suffix: str) -> dict[str, Draft7Validator]:
    """A schema for each `type` among the definitions with this suffix."""
    found = {}
    for name, definition in schema["definitions"].items():
        for variant in definition.get("anyOf", [definition]):  # an image is one of two
            constant = variant.get("properties", {}).get("type", {}).get("const")
            if name.endswith(suffix) and constant is not None:
                whole = {"$ref": f"#/definitions/{name}", "definitions": schema["definitions"]}
                found[constant] = Draft7Validator(whole)
    return found


def _read(name: str) -> Body:
    found: Body = json.loads(shared_file(name).read_text())
    return found
