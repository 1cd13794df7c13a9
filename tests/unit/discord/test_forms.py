"""Forms as modals: what is asked, what comes back, and what survives a mistake and a restart."""

from typing import Any

import pytest

from adapters.discord import forms
from adapters.discord.custom_ids import LONGEST, button_id
from adapters.discord.offer import BY_NAME, COMMANDS
from bot.commands.model import Command, FormRequest
from bot.commands.table import FORMS
from bot.view.doc import Actions, Doc
from bot.view.plain import to_plain
from tests.servers.discord import controls
from tests.servers.discord.payloads import Resolved
from tests.servers.discord.world import World
from tests.servers.faults import utc_now

WITH_FORMS = [BY_NAME[name] for name in [*FORMS, "search"]]
DESTINATION = "abcdefgh2345"


def shown(request: FormRequest, page: int = 0) -> dict[str, Any]:
    return forms.modal(request, page).to_dict()


def sent(form: dict[str, Any], values: dict[str, Any]) -> forms.Opened:
    """What comes back when somebody fills in the form so."""
    guild = World(utc_now).guild()
    resolved = Resolved(guild.owner, guild.text_channel())
    return forms.submitted(controls.submitted(form, values, resolved))


def buttons(doc: Doc) -> dict[str, str]:
    return {
        one.label: one.action for block in doc.blocks if isinstance(block, Actions) for one in block.buttons
    }


@pytest.mark.parametrize("command", WITH_FORMS, ids=lambda one: one.name)
async def test_every_page_fits_a_modal(command: Command) -> None:
    for page, one in enumerate(forms.pages(command)):
        form = shown(FormRequest(command=command, subject=DESTINATION), page)
        assert 1 <= len(form["components"]) <= 5
        assert len(form["title"]) <= 45
        assert len(form["custom_id"]) <= LONGEST
        for label in form["components"]:
            assert len(label["label"]) <= 45
            assert len(label["description"]) <= 100
        assert [label["component"]["custom_id"] for label in form["components"]] == [
            option.name for option in one.options
        ]


def test_all_that_can_be_edited_stands_on_a_page() -> None:
    edit = BY_NAME["channel edit"]
    asked = [option.name for page in forms.pages(edit) for option in page.options]
    assert sorted(asked) == sorted(option.name for option in edit.options)


def test_adding_asks_for_the_most_needed() -> None:
    (page,) = forms.pages(BY_NAME["channel add"])
    assert [one.name for one in page.options] == ["at", "zone", "days", "topic", "filter"]


async def test_what_is_filled_in_comes_back_as_it_would_be_typed() -> None:
    request = FormRequest(
        command=BY_NAME["channel edit"],
        values={"at": "9:00", "zone": "Europe/Berlin", "days": "mon-wed,fri"},
        subject=DESTINATION,
    )
    back = sent(shown(request), {"at": "18:30"})
    assert (back.command.name, back.page, back.subject) == ("channel edit", 0, DESTINATION)
    assert dict(back.values) == {"at": "18:30", "zone": "Europe/Berlin", "days": "mon,tue,wed,fri"}


async def test_an_emptied_filter_is_told_and_an_emptied_time_is_not() -> None:
    filtered = FormRequest(command=BY_NAME["channel edit"], values={"filter": "cat:cs.CL"})
    assert sent(shown(filtered, 1), {"filter": ""}).values["filter"] == ""
    timed = FormRequest(command=BY_NAME["channel edit"], values={"at": "9:00"})
    assert "at" not in sent(shown(timed), {"at": ""}).values


async def test_what_was_typed_along_and_has_no_field_is_carried() -> None:
    request = FormRequest(command=BY_NAME["channel add"], values={"max": "7", "layout": "compact"})
    back = sent(shown(request), {"at": "8:00"})
    assert back.values["max"] == "7"
    assert "layout" not in back.values, "what is usual needs not be carried"


async def test_all_that_can_be_typed_along_fits_a_form() -> None:
    """What a form is opened with, where the one thing is missing that it cannot do without."""
    values = {"max": "50", "min": "50", "route": "discord,slack,mail,webhook", "cadence": "weekly"}
    form = shown(FormRequest(command=BY_NAME["subscribe"], values=values))
    assert len(form["custom_id"]) <= LONGEST
    assert sent(form, {"query": "rain"}).values.items() >= values.items()


async def test_a_form_of_another_version_says_so() -> None:
    form = shown(FormRequest(command=BY_NAME["settings"]))
    for odd in (
        {**form, "custom_id": "f:0gone||"},
        {**form, "custom_id": "x"},
        {**form, "custom_id": "f:9settings||"},
    ):
        with pytest.raises(ValueError, match="another version"):
            forms.submitted(odd)


def test_a_mistake_is_told_with_a_button_that_opens_the_form_with_what_was_typed() -> None:
    typed = {"query": "rain & snow | 100 % = ö", "at": "25:00"}
    doc = forms.mistaken(forms.Opened(BY_NAME["subscribe"], 0, "", typed), {"at": "25:00 is no time."})
    assert "Time: 25:00 is no time." in to_plain(doc)
    again = forms.opened(buttons(doc)["Correct it"])
    assert again is not None
    assert (again.command.name, dict(again.values)) == ("subscribe", typed)
    assert button_id(again.action) is not None


def test_a_button_holds_all_that_was_typed_however_long() -> None:
    typed = {"query": "word " * 60, "at": "25:00"}
    doc = forms.mistaken(forms.Opened(BY_NAME["subscribe"], 0, "", typed), {"at": "25:00 is no time."})
    again = forms.opened(buttons(doc)["Correct it"])
    assert again is not None
    assert dict(again.values) == typed


def test_several_pages_are_shown_as_they_are_set_with_a_button_each() -> None:
    request = FormRequest(
        command=BY_NAME["channel edit"],
        values={"at": "9:00", "pool": "announced", "filter": ""},
        intro="The digest of #papers.",
        subject=DESTINATION,
    )
    doc = forms.overview(request)
    text = to_plain(doc)
    assert "Time: 9:00" in text
    assert "Papers: Newly announced on arXiv" in text
    assert "Filter: none" in text
    found = buttons(doc)
    assert list(found) == ["When", "Which papers", "How many", "How it looks", "Who else reads it"]
    for page, action in enumerate(found.values()):
        opened = forms.opened(action)
        assert opened is not None
        assert (opened.page, opened.subject) == (page, DESTINATION)
        assert opened.form == f"form:channel edit {DESTINATION}"
        assert button_id(action) is not None


def test_no_other_button_opens_a_form() -> None:
    for action in ("save:arxiv:2511.00001", "open:", "open:0gone||", "form:subscribe"):
        assert forms.opened(action) is None


def test_every_form_of_the_commands_can_be_opened_by_a_button() -> None:
    for command in COMMANDS:
        if command.options and command.form:
            opened = forms.opened(forms.Opened(command, 0).action)
            assert opened is not None
            assert opened.command.name == command.name
