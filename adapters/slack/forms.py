"""A command's form as a Slack modal, and what was filled in as the values that would be typed. Pure.

The modal is made from the command's options alone, so that what a form takes is what text takes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from adapters.slack.tokens import SURFACE
from bot.commands.model import Command, FormRequest, Kind, Option
from bot.commands.registry import BY_NAME, offered
from bot.commands.values import LONGEST_PAPERS
from bot.commands.wording import DAYS, choice_label, days_in, title_of
from bot.model import Layout
from bot.view.text import shorten

LAYOUTS: Final = (Layout.COMPACT, Layout.CARDS, Layout.THREAD)
CALLBACK: Final = "form"
PREVIEW: Final = "preview"  # the action of a filter that is looked at before it is submitted
ZONES: Final = "zone"  # the action whose choices are asked for while somebody types

_CHOSEN: Final = frozenset(
    {Kind.CHOICE, Kind.DAYS, Kind.ROUTES, Kind.ZONE}
)  # not typed in a form: no hint how to
_INTRO: Final = "intro"
_LOOK: Final = "Press Enter to see what it would have brought lately."
_TITLE: Final = 24  # characters, Slack's limits as the three below
_LABEL: Final = 2_000
_CHOICE: Final = 75
_TEXT: Final = 3_000
_SUBMITS: Final = {"channel add": "Add", "subscribe": "Subscribe", "search": "Search", "teach": "Teach"}


def modal(request: FormRequest, place: str, *, preview: Sequence[str] = ()) -> dict[str, Any]:
    """The view of a form. `place` is carried along, for the submission; `preview` are lines about the filter
    as it stands.
    """
    command = request.command
    blocks: list[dict[str, Any]] = []
    if request.intro:
        blocks.append({**_words(request.intro), "block_id": _INTRO})
    for option in command.options:
        blocks.append(_input(option, request.values.get(option.name, option.default)))
        if option.previewed and preview:
            lines = [_plain("\n".join(preview))]
            blocks.append({"type": "context", "block_id": PREVIEW, "elements": lines})
    kept = {"command": command.name, "subject": request.subject, "place": place}
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain(title_of(command), _TITLE),
        "submit": _plain(_SUBMITS.get(command.name, "Save"), _TITLE),
        "close": _plain("Cancel", _TITLE),
        "private_metadata": json.dumps(kept, separators=(",", ":")),
        "blocks": blocks,
    }


def intro_of(view: Mapping[str, Any]) -> str:
    """What stands above the inputs of a form."""
    block = next((one for one in view.get("blocks") or () if one.get("block_id") == _INTRO), None)
    return str(block["text"]["text"]) if block is not None else ""


def errors_of(errors: Mapping[str, str], command: Command) -> dict[str, str]:
    """What is wrong, by the input where it is shown; what is wrong with the whole stands at the first."""
    names = {option.name for option in command.options}
    first = command.options[0].name
    shown: dict[str, str] = {}
    for name, sentence in errors.items():
        at = name if name in names else first
        shown[at] = f"{shown[at]} {sentence}" if at in shown else sentence
    return shown


def worded(errors: Mapping[str, str], command: Command) -> str:
    """The same as one text, for where they cannot stand at their inputs."""
    titles = {option.name: option.title for option in command.options}
    return "\n".join(
        f"{titles[name]}: {sentence}" if name in titles else sentence for name, sentence in errors.items()
    )


def shown(view: Mapping[str, Any], command: Command) -> Command:
    """The command with the options and the ways alone that a form of it shows."""
    elements = {str(block.get("block_id")): block.get("element") or {} for block in view.get("blocks") or ()}
    options: list[Option] = []
    for option in command.options:
        if option.name in elements:
            offered_there = [str(one["value"]) for one in elements[option.name].get("options") or ()]
            routes = option.kind is Kind.ROUTES
            options.append(replace(option, choices=tuple(offered_there)) if routes else option)
    return replace(command, options=tuple(options))


def submitted(view: Mapping[str, Any]) -> tuple[Command, dict[str, str], str]:
    """The command, its values as they would be typed, and the subject.

    Raises `ValueError` for a view that is none of ours.
    """
    try:
        kept = json.loads(view["private_metadata"])
        command = offered(BY_NAME[kept["command"]], SURFACE, LAYOUTS)
        values: dict[str, str] = {}
        for option in command.options:
            for element in view["state"]["values"].get(option.name, {}).values():
                value = _typed(element, option)
                if value is not None:
                    values[option.name] = value
        return command, values, str(kept["subject"])
    except (KeyError, TypeError, ValueError):
        raise ValueError("This form is of another version of Paperboy. Open it anew.") from None


# --- one option ----------------------------------------------------------------------------------


def _input(option: Option, value: str | None) -> dict[str, Any]:
    block: dict[str, Any] = {
        "type": "input",
        "block_id": option.name,
        "label": _plain(option.title, _LABEL),
        "element": _element(option, value),
        "optional": not option.required,
    }
    if option.kind not in _CHOSEN:
        block["hint"] = _plain(f"{option.help[:1].upper()}{option.help[1:]}.", _LABEL)
    if option.previewed:
        block["hint"] = _plain(f"In the language of searches. {_LOOK}", _LABEL)
        block["dispatch_action"] = True
    return block


def _element(option: Option, value: str | None) -> dict[str, Any]:
    match option.kind:
        case Kind.CHOICE:
            choices = [choice(one, choice_label(one)) for one in option.choices]
            chosen = next((one for one in choices if one["value"] == value), None)
            return _with("static_select", option, {"options": choices}, initial_option=chosen)
        case Kind.DAYS:
            choices = [choice(day, name) for day, name in DAYS.items()]
            chosen_days = [one for one in choices if one["value"] in days_in(value or "")]
            return _with("checkboxes", option, {"options": choices}, initial_options=chosen_days or None)
        case Kind.ROUTES:
            choices = [choice(one, choice_label(one)) for one in option.choices]
            taken = [one for one in choices if one["value"] in (value or "").split(",")]
            return _with("checkboxes", option, {"options": choices}, initial_options=taken or None)
        case Kind.TIME:
            hours, _, minutes = (value or "").partition(":")
            at = f"{int(hours):02}:{int(minutes):02}" if hours.isdigit() and minutes.isdigit() else None
            return _with("timepicker", option, {}, initial_time=at)
        case Kind.ZONE:
            initial = None if not value else choice(value, value)
            more = {"min_query_length": 2, "placeholder": _plain("Type a city", 150)}
            return {**_with("external_select", option, more, initial_option=initial), "action_id": ZONES}
        case Kind.NUMBER:
            more = {
                "is_decimal_allowed": False,
                "min_value": str(option.least),
                "max_value": str(option.most),
            }
            return _with("number_input", option, more, initial_value=value or None)
        case Kind.PAPERS:
            more = {"multiline": True, "max_length": LONGEST_PAPERS}
            return _with("plain_text_input", option, more, initial_value=value or None)
        case Kind.QUERY if option.previewed:
            more = {"dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]}}
            element = _with("plain_text_input", option, more, initial_value=value or None)
            return {**element, "action_id": PREVIEW}
        case _:
            return _with("plain_text_input", option, {}, initial_value=value or None)


def _with(kind: str, option: Option, more: dict[str, Any], **initial: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "action_id": option.name,
        **more,
        **{name: value for name, value in initial.items() if value is not None},
    }


def _typed(element: Mapping[str, Any], option: Option) -> str | None:
    """What was chosen or written, as it would be typed; `None` where nothing was."""
    match element.get("type"):
        case "static_select" | "external_select":
            chosen = element.get("selected_option")
            return None if not chosen else str(chosen["value"])
        case "checkboxes":
            chosen_ones = [str(one["value"]) for one in element.get("selected_options") or ()]
            return ",".join(chosen_ones) or None
        case "timepicker":
            return element.get("selected_time") or None
        case _:
            value = element.get("value")
            if value is None:
                return "" if option.kind is Kind.QUERY else None  # an emptied filter takes everything
            return str(value).strip()


# --- parts of blocks -----------------------------------------------------------------------------


def _plain(text: str, limit: int = _TEXT) -> dict[str, Any]:
    return {"type": "plain_text", "text": shorten(text, limit), "emoji": False}


def _words(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text)}


def choice(value: str, text: str) -> dict[str, Any]:
    """One entry of a select."""
    return {"text": _plain(text, _CHOICE), "value": value}


__all__ = [
    "CALLBACK",
    "LAYOUTS",
    "PREVIEW",
    "ZONES",
    "choice",
    "errors_of",
    "intro_of",
    "modal",
    "shown",
    "submitted",
    "worded",
]
