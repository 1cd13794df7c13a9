"""The limits of Block Kit that the shared validator leaves out, read from the shared `limits.json`."""

from collections.abc import Iterator
from typing import Any, Final

from tests.servers.slack.state import Body

# Characters in all, as others measured it; Slack documents it nowhere, nor what counts. Here all that the app
# wrote does, values and addresses too, but types and ids: the strictest reading.
LONGEST_MESSAGE: Final = 13_200
LONGEST_RICH_MESSAGE: Final = 11_300
TEXT_TYPES: Final = ("plain_text", "mrkdwn")
# The file says one; Slack's own reference of the element has said two, which holds either way.
FEWEST_OVERFLOW_OPTIONS: Final = 2
_WEIGHTLESS: Final = ("type", "block_id", "action_id")


def _objects(value: Any) -> Iterator[Body]:
    """Every object within, from outside in."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def too_long(blocks: list[Body]) -> bool:
    """Whether a message's blocks are more than Slack takes in one."""

    def weight(value: Any) -> int:
        if isinstance(value, dict):
            return sum(weight(inner) for key, inner in value.items() if key not in _WEIGHTLESS)
        if isinstance(value, list):
            return sum(map(weight, value))
        return len(value) if isinstance(value, str) else 0

    rich = any(block["type"] == "rich_text" for block in blocks)
    return weight(blocks) > (LONGEST_RICH_MESSAGE if rich else LONGEST_MESSAGE)


def overstepped(block: Body, limits: Body) -> list[str]:
    """Each limit that is not kept, in words."""
    problems: list[str] = []
    for one in _objects(block):
        kind = one.get("type") or _kind(one)
        for name, value in one.items():
            limit = limits.get(name) if name in ("action_id", "block_id") else limits.get(kind, {}).get(name)
            if isinstance(limit, dict):
                problems += [f": {kind}.{name} {wrong}" for wrong in _broken(limit, value)]
        for text in _texts(one):
            problems += [f": {kind} text {wrong}" for wrong in _broken(limits["text"], text)]
        if kind == "overflow" and len(one.get("options", ())) < FEWEST_OVERFLOW_OPTIONS:
            problems.append(f": an overflow of fewer than {FEWEST_OVERFLOW_OPTIONS} options")
        if kind.endswith("select"):
            problems += [
                f": {kind}.{name} {wrong}"
                for name in ("options", "option_groups", "placeholder")
                if name in one
                for wrong in _broken(limits["select"][name], one[name])
            ]
        if "confirm" in one and isinstance(one["confirm"], dict):
            problems += [
                f": confirm.{name} {wrong}"
                for name, value in one["confirm"].items()
                for wrong in _broken(limits["confirmation"].get(name, {}), value)
            ]
    return problems


def _kind(one: Body) -> str:
    """Of an object that says none."""
    if "options" in one and "label" in one:
        return "option_group"
    return "option" if "text" in one and "value" in one else ""


def _texts(one: Body) -> list[str]:
    return [one["text"]] if one.get("type") in TEXT_TYPES and isinstance(one.get("text"), str) else []


def _broken(limit: Body, value: Any) -> list[str]:
    """What is wrong by one entry of `limits.json`."""
    written = value.get("text") if isinstance(value, dict) else value
    problems = []
    if isinstance(written, str):
        if len(written) > limit.get("max_length", len(written)):
            problems.append(f"of {len(written)} characters, at most {limit['max_length']}")
        if len(written) < limit.get("min_length", 0):
            problems.append("is empty")
    if isinstance(written, list):
        if len(written) > limit.get("max_items", len(written)):
            problems.append(f"of {len(written)} items, at most {limit['max_items']}")
        if len(written) < limit.get("min_items", 0):
            problems.append(f"of {len(written)} items, at least {limit['min_items']}")
    return problems
