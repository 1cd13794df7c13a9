"""Buttons, selects and forms, as somebody uses them: only what is really there, and as its rules allow."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.servers.discord.message_rules import BUTTON, LABEL, ROW, STRING_SELECT, TEXT_INPUT, every
from tests.servers.discord.payloads import ImpossibleError, Resolved
from tests.servers.discord.state import Body, Channel, Member, Role, User

_LINK: Final = 5  # a style of buttons
_OBJECTS: Final[dict[int, tuple[type, ...]]] = {
    5: (User, Member),
    6: (Role,),
    7: (User, Member, Role),
    8: (Channel,),
}
_SELECTS: Final = (STRING_SELECT, *_OBJECTS)
_LONGEST_TEXT: Final = 4_000


def names(components: Sequence[Body]) -> list[str]:
    """What can be used in a message: labels of buttons, placeholders of selects."""
    return [_label(one) for one in _every(components) if _is_usable(one)]


def find(components: Sequence[Body], name: str) -> Body:
    """The control of this custom id, label or placeholder. Raises `ImpossibleError` if there is not one."""
    found = [one for one in _every(components) if _is_usable(one) and name in (one["custom_id"], _label(one))]
    if len(found) != 1:
        raise ImpossibleError(f"{len(found)} controls are called {name!r}, of {names(components)}.")
    if found[0].get("disabled"):
        raise ImpossibleError(f"{name!r} is disabled.")
    return found[0]


def pressed(components: Sequence[Body], name: str) -> Body:
    """The data of a button that is pressed."""
    control = find(components, name)
    if control["type"] != BUTTON:
        raise ImpossibleError(f"{name!r} is no button.")
    return {"custom_id": control["custom_id"], "component_type": BUTTON}


def chosen(components: Sequence[Body], name: str, values: Sequence[Any], resolved: Resolved) -> Body:
    """The data of a select in which this is chosen: values or labels, or what else is to be chosen."""
    control = find(components, name)
    if control["type"] not in _SELECTS:
        raise ImpossibleError(f"{name!r} is no select.")
    plain = _choice(control, values, resolved)
    data = {"custom_id": control["custom_id"], "component_type": control["type"], "values": plain}
    return data | ({"resolved": resolved.body} if resolved.body else {})


def submitted(form: Body, values: Mapping[str, Any], resolved: Resolved) -> Body:
    """The data of a modal, filled in by custom ids or labels; what is not named stays as it was shown.

    Raises `ImpossibleError` for what its inputs do not take.
    """
    left = dict(values)
    components = [_filled(one, left, resolved) for one in form["components"]]
    if left:
        raise ImpossibleError(f"The form {form['title']!r} has no {sorted(left)}.")
    data = {"custom_id": form["custom_id"], "components": components}
    return data | ({"resolved": resolved.body} if resolved.body else {})


def inputs(form: Body) -> list[str]:
    """The labels of a modal's inputs."""
    found = []
    for one in form["components"]:
        found += (
            [one["label"]]
            if one["type"] == LABEL
            else [inner["label"] for inner in one.get("components", [])]
        )
    return found


def _filled(component: Body, left: dict[str, Any], resolved: Resolved) -> Body:
    shown = {"type": component["type"]} | ({"id": component["id"]} if "id" in component else {})
    if component["type"] == ROW:
        inner = [_input(one, one["label"], left, resolved) for one in component["components"]]
        return shown | {"components": inner}
    if component["type"] == LABEL:
        return shown | {"component": _input(component["component"], component["label"], left, resolved)}
    return shown  # a text between the inputs


def _input(control: Body, label: str, left: dict[str, Any], resolved: Resolved) -> Body:
    shown = {key: control[key] for key in ("type", "id", "custom_id") if key in control}
    named = [name for name in (control["custom_id"], label) if name in left]
    required = control.get("required", True)
    if control["type"] == TEXT_INPUT:
        text = left.pop(named[0]) if named else control.get("value") or ""
        least, most = control.get("min_length") or 0, control.get("max_length") or _LONGEST_TEXT
        if (text or required) and not max(least, 1) <= len(text) <= most:
            raise ImpossibleError(f"{label!r} takes {least} to {most} characters, not {text!r}.")
        return shown | {"value": text}
    if control["type"] not in _SELECTS:
        raise ImpossibleError(f"{label!r} is of the type {control['type']}, which nobody fills in here.")
    values = left.pop(named[0]) if named else _chosen_before(control)
    if not values and not required:
        return shown | {"values": []}
    return shown | {"values": _choice(control, values, resolved)}


def _choice(control: Body, values: Sequence[Any], resolved: Resolved) -> list[str]:
    least, most = control.get("min_values", 1), control.get("max_values", 1)
    if isinstance(values, str) or not least <= len(values) <= most:
        raise ImpossibleError(f"{_label(control)!r} takes {least} to {most} values, not {values!r}.")
    if control["type"] == STRING_SELECT:
        plain = [_option(control, one) for one in values]
    else:
        plain = [_object(control, one, resolved) for one in values]
    if len(set(plain)) < len(plain):
        raise ImpossibleError(f"{_label(control)!r} takes each value once, not {values!r}.")
    return plain


def _object(control: Body, value: Any, resolved: Resolved) -> str:
    kinds = control.get("channel_types")
    fits: bool = isinstance(value, _OBJECTS[control["type"]])
    if not fits or (isinstance(value, Channel) and kinds and value.type not in kinds):
        raise ImpossibleError(f"{_label(control)!r} does not offer {value!r}.")
    return resolved.add(value)


def _option(control: Body, name: str) -> str:
    found: list[str] = [one["value"] for one in control["options"] if name in (one["value"], one["label"])]
    if len(found) != 1:
        labels = [one["label"] for one in control["options"]]
        raise ImpossibleError(f"{_label(control)!r} has {len(found)} options {name!r}, of {labels}.")
    return found[0]


def _chosen_before(control: Body) -> list[str]:
    return [one["value"] for one in control.get("options", []) if one.get("default")]


def _is_usable(component: Body) -> bool:
    return component["type"] in _SELECTS or (component["type"] == BUTTON and component.get("style") != _LINK)


def _label(control: Body) -> str:
    emoji = (control.get("emoji") or {}).get("name")
    label: str = control.get("label") or control.get("placeholder") or emoji or control["custom_id"]
    return label


def _every(components: Sequence[Body]) -> list[Body]:
    """All components, nested ones too."""
    return [one for _, one in every(components)]
