"""Small blocks to build messages and views of."""

from typing import Any

from tests.servers.slack.state import Body


def plain(text: str) -> Body:
    return {"type": "plain_text", "text": text}


def options(count: int, text: str = "o", value: str = "v") -> list[Body]:
    return [{"text": plain(text), "value": value} for _ in range(count)]


def button(**traits: Any) -> Body:
    return {"type": "button", "action_id": "a", "text": plain("Press")} | traits


def select(**traits: Any) -> Body:
    return {
        "type": "static_select",
        "action_id": "a",
        "placeholder": plain("Choose"),
        "options": options(1),
    } | traits


def menu(count: int, **traits: Any) -> Body:
    return {"type": "overflow", "action_id": "a", "options": options(count, **traits)}


def section(text: str = "hello", **traits: Any) -> Body:
    return {"type": "section", "text": plain(text)} | traits


def actions(*elements: Body) -> list[Body]:
    return [{"type": "actions", "elements": list(elements)}]


def modal(*blocks: Body, **traits: Any) -> Body:
    return {"type": "modal", "title": plain("Title"), "blocks": list(blocks) or [section()]} | traits
