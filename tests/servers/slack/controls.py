"""What of a message or a view can be pressed, chosen or filled in, and what Slack tells the app of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.servers.slack.state import Body

# The field that holds what was chosen, for each kind of element.
_CHOSEN: Final = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
    "timepicker": "selected_time",
    "datepicker": "selected_date",
    "datetimepicker": "selected_date_time",
}


@dataclass(frozen=True, slots=True)
class Control:
    """One thing to press; each entry of an overflow menu is one of its own."""

    block: Body
    element: Body
    option: Body | None = None

    @property
    def label(self) -> str:
        written = (self.option or self.element).get("text") or self.element.get("placeholder") or {}
        return str(written.get("text", ""))

    @property
    def value(self) -> str | None:
        return (self.option or self.element).get("value")

    def is_named(self, name: str) -> bool:
        return name in (self.label, self.value, self.element["action_id"])


def with_ids(blocks: list[Body]) -> list[Body]:
    """Blocks with the ids that Slack makes up where the app gave none."""
    return [_with_ids(block, f"b{number}") for number, block in enumerate(blocks)]


def controls(blocks: list[Body]) -> Iterator[Control]:
    """Everything to press or fill in, in reading order."""
    for block in blocks:
        for element in _elements(block):
            if element["type"] == "overflow":
                yield from (Control(block, element, option) for option in element["options"])
            elif "action_id" in element:
                yield Control(block, element)


def find(blocks: list[Body], name: str, nth: int = 0) -> Control:
    """The control with this label, value or action id; the `nth` of several only if that is asked for."""
    found = [one for one in controls(blocks) if one.is_named(name)]
    named = ", ".join(repr(one.label) for one in controls(blocks))
    assert len(found) > nth, f"There is no {name!r} to press among {named}."
    return found[nth]


def action_of(control: Control, ts: str, value: Any = None) -> Body:
    """What Slack tells the app of a press; `value` is what was chosen, for elements that are chosen from."""
    element = control.element
    action: Body = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": control.block["block_id"],
        "action_ts": ts,
    }
    if element["type"] == "button":
        kept = ("text", "value", "url", "style")
        return action | {key: element[key] for key in kept if key in element}
    if control.option is not None:
        return action | {"selected_option": control.option}
    return action | _chosen(element, value)


def state_of(blocks: list[Body], given: Mapping[str, Any], *, submitted: bool) -> Body:
    """The values of a view's state: what was given by block or action id, else what it began with.

    Raises `AssertionError` for what Slack's own clients would not let anybody choose, or submit.
    """
    values: Body = {}
    known: set[str] = set()
    for control in controls(blocks):
        element, block = control.element, control.block
        if element["type"] not in _CHOSEN or control.option is not None:
            continue
        names = (block["block_id"], element["action_id"])
        known.update(names)
        name = next((one for one in names if one in given), None)
        chosen = _chosen(element, given[name]) if name is not None else _initial(element)
        held = chosen[_CHOSEN[element["type"]]]
        if submitted and block["type"] == "input" and not block.get("optional"):
            assert held not in (None, "", []), f"{names[0]} must be filled in."
        values.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"]} | chosen
    unknown = set(given) - known
    assert not unknown, f"The view has no {unknown}; it has {known}."
    return values


def _with_ids(block: Body, name: str) -> Body:
    block = {"block_id": name, **block}
    if "elements" in block and block["type"] in ("actions", "context_actions"):
        block["elements"] = [
            {"action_id": f"{name}a{number}", **element} for number, element in enumerate(block["elements"])
        ]
    for place in ("accessory", "element"):
        if place in block and block[place]["type"] != "image":
            block[place] = {"action_id": f"{name}a0", **block[place]}
    return block


def _elements(block: Body) -> list[Body]:
    if block["type"] in ("actions", "context_actions"):
        return list(block["elements"])
    return [block[place] for place in ("accessory", "element") if place in block]


def _initial(element: Body) -> Body:
    field = _CHOSEN[element["type"]]
    begun = field.replace("selected_", "") if field.startswith("selected_") else field
    empty: Any = [] if field.endswith("s") else None
    return {field: element.get(f"initial_{begun}", empty)}


def _chosen(element: Body, value: Any) -> Body:
    field = _CHOSEN[element["type"]]
    if field == "value":
        assert value is None or _fits(element, value), f"{element['action_id']} takes no {value!r}."
    if field == "selected_option":
        return {field: None if value is None else _option(element, value)}
    if field == "selected_options":
        return {field: [_option(element, one) for one in value]}
    return {field: value}


def _fits(element: Body, value: str) -> bool:
    return int(element.get("min_length", 0)) <= len(value) <= int(element.get("max_length", 3_000))


def _option(element: Body, wanted: Any) -> Body:
    """The option with this value or label; one that was suggested is given whole."""
    if isinstance(wanted, dict):
        return wanted
    groups = element.get("option_groups") or [element]
    options: list[Body] = [option for group in groups for option in group.get("options", ())]
    found = [one for one in options if wanted in (one.get("value"), one["text"]["text"])]
    assert found, f"{wanted!r} is none of {[one['text']['text'] for one in options]}."
    return found[0]
