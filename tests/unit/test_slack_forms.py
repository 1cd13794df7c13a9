"""Forms in Slack: made of a command's options alone, and read back as what would be typed."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.slack import forms
from adapters.slack.views import place_of
from bot.commands.model import Command, FormRequest, Kind
from bot.commands.registry import BY_NAME, COMMANDS, offered
from bot.commands.values import call_from_values
from tests.servers.slack.spec import Spec

FORMS = [
    offered(command, "slack", forms.LAYOUTS)
    for command in COMMANDS
    if command.form or command.name == "search"
]


def filled(view: dict[str, Any], chosen: dict[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """The view as Slack hands it back: its inputs as they stand, but for those in `chosen`."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            values[block["block_id"]] = {element["action_id"]: _state(element)}
            if chosen and block["block_id"] in chosen:
                values[block["block_id"]][element["action_id"]] |= chosen[block["block_id"]]
    return {**view, "id": "V1", "hash": "1.a", "state": {"values": values}}


def _state(element: dict[str, Any]) -> dict[str, Any]:
    match element["type"]:
        case "static_select" | "external_select":
            return {"type": element["type"], "selected_option": element.get("initial_option")}
        case "checkboxes":
            return {"type": "checkboxes", "selected_options": element.get("initial_options", [])}
        case "timepicker":
            return {"type": "timepicker", "selected_time": element.get("initial_time")}
        case kind:
            return {"type": kind, "value": element.get("initial_value")}


@pytest.mark.parametrize("command", FORMS, ids=lambda command: str(command.name))
def test_a_form_that_is_sent_as_it_opens_means_the_commands_defaults(command: Command) -> None:
    required = {
        option.name: "1706.03762" if option.kind is Kind.PAPERS else "words"
        for option in command.options
        if option.required
    }
    view = filled(forms.modal(FormRequest(command=command, values=required), "C1 papers"))
    found, values, subject = forms.submitted(view)
    assert (found, subject) == (command, "")
    assert place_of(view) == "C1 papers"
    # An empty filter takes everything, which is what a filter that is not given means.
    typed = call_from_values(command, {name: value for name, value in values.items() if value})
    assert typed == call_from_values(command, required)


def test_what_is_filled_in_is_what_would_be_typed() -> None:
    command = BY_NAME["channel add"]
    view = forms.modal(FormRequest(command=command, subject="d1", values={"zone": "Europe/Berlin"}), "C1 x")
    chosen: dict[str, dict[str, Any]] = {
        "at": {"selected_time": "17:30"},
        "days": {"selected_options": [{"value": "mon"}, {"value": "thu"}]},
        "filter": {"value": "cat:cs.CL -survey"},
        "max": {"value": "10"},
        "layout": {"selected_option": {"value": "cards"}},
    }
    _, values, subject = forms.submitted(filled(view, chosen))
    assert subject == "d1"
    assert call_from_values(command, values) == call_from_values(
        command,
        {
            "at": "17:30",
            "zone": "Europe/Berlin",
            "days": "mon,thu",
            "filter": "cat:cs.CL -survey",
            "max": "10",
            "layout": "cards",
        },
    )


def test_what_is_wrong_stands_at_its_input_and_what_belongs_nowhere_at_the_first() -> None:
    command = BY_NAME["channel add"]
    assert forms.errors_of({"filter": "No.", "": "Not here.", "at": "No time."}, command) == {
        "filter": "No.",
        "at": "Not here. No time.",
    }


@pytest.mark.parametrize("metadata", ["", "{}", '{"command":"nothing"}', "[]"])
def test_a_view_of_another_version_is_told_apart(metadata: str) -> None:
    with pytest.raises(ValueError, match="of another version"):
        forms.submitted({"private_metadata": metadata, "state": {"values": {}}})


def test_a_preview_stands_below_the_filter() -> None:
    view = forms.modal(
        FormRequest(command=BY_NAME["channel add"]), "", preview=["Thu: 3 papers", "Fri: none"]
    )
    ids = [block["block_id"] for block in view["blocks"]]
    assert ids.index("preview") == ids.index("filter") + 1


def test_a_form_that_is_shown_again_has_the_ways_and_fields_that_it_had() -> None:
    whole = BY_NAME["subscription edit"]
    few = [
        replace(one, choices=("here", "mail")) if one.kind is Kind.ROUTES else one
        for one in whole.options
        if one.name != "number"
    ]
    request = FormRequest(command=replace(whole, options=tuple(few)), values={"route": "mail"}, subject="s1")
    view = forms.modal(request, "")
    (ways,) = [block["element"] for block in view["blocks"] if block["block_id"] == "route"]
    assert [one["value"] for one in ways["initial_options"]] == ["mail"]

    command, values, subject = forms.submitted(filled(view))

    assert (values["route"], subject) == ("mail", "s1")
    again = forms.shown(view, command)
    assert [(one.name, one.choices) for one in again.options] == [(one.name, one.choices) for one in few]


@pytest.mark.parametrize("command", FORMS, ids=lambda command: str(command.name))
def test_slack_takes_every_form(command: Command) -> None:
    values = {"zone": "Europe/Berlin", "filter": "cat:cs.CL", "query": "x" * 100}
    known = {name: value for name, value in values.items() if any(o.name == name for o in command.options)}
    request = FormRequest(command=command, values=known, intro="Add a digest to #papers.", subject="d" * 12)
    view = forms.modal(request, "C0123456789 a-channel", preview=["Thu 20 Nov: 3 papers"])
    assert Spec().problems("views.open", {"trigger_id": "1.2.a", "view": view}) == []
    assert len(json.dumps(view)) < 250_000
    kinds = {option.kind for option in command.options}
    assert kinds <= set(Kind)
