"""A command's form as Discord modals, and what was filled in as the values that would be typed. Pure.

A modal has room for five fields. A command with more has several pages: a message shows what is set, with a
button for each page. All that a modal needs stands in its `custom_id`, and all that a button needs in its
action, so that both work after a restart.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

import discord
from discord import ui

from adapters.discord.offer import BY_NAME
from bot.commands.actions import Action, Verb
from bot.commands.model import Command, FormRequest, Kind, Option
from bot.commands.values import LONGEST_PAPERS, LONGEST_QUERY
from bot.commands.wording import DAYS, choice_label, days_in, title_of
from bot.view.doc import Actions, Block, Button, Doc, Heading, Section, Span
from bot.view.text import shorten

_MOST: Final = 5  # fields in a modal
_TITLE: Final = 45  # characters, Discord's limits as the two below
_LABEL: Final = 45
_DESCRIPTION: Final = 100
_SHORT: Final = 200

# What belongs together on a page, where a command has more than one page can hold.
_PAGES: Final = {
    "When": ("cadence", "at", "zone", "days", "route"),
    "Which papers": ("query", "topic", "filter", "pool", "window", "repeats"),
    "How many": ("max", "min", "floor", "quiet"),
    "How it looks": ("layout", "summaries", "mention", "publish", "tag"),
    "Who else reads it": ("feed",),
}
# What is asked for first where something is made; all else has a default, and can be changed right after.
_FIRST: Final = {
    "channel add": ("at", "zone", "days", "topic", "filter", "max"),
    "subscribe": ("query", "cadence", "at", "zone", "days"),
}

_OPEN: Final = re.compile(r"open:(?P<code>.+)", re.DOTALL)
_MODAL: Final = re.compile(r"f:(?P<code>.+)", re.DOTALL)
_CODE: Final = re.compile(r"(?P<page>\d)(?P<command>[a-z -]+)\|(?P<subject>[^|]*)\|(?P<values>.*)", re.DOTALL)
_OUTDATED: Final = "This form is of another version of Paperboy. Open it anew."


class Page(NamedTuple):
    """Some fields of a form, shown together."""

    title: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """One page of a command's form: what was opened for what, with values that were typed already."""

    command: Command
    page: int
    subject: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def action(self) -> str:
        """As a button carries it."""
        return f"open:{self._code()}"

    @property
    def form(self) -> str:
        """The action that asks for the form as it is now."""
        return str(Action(Verb.FORM, f"{self.command.name} {self.subject}".strip()))

    @property
    def custom_id(self) -> str:
        """As a modal carries it."""
        return f"f:{self._code()}"

    def _code(self) -> str:
        return f"{self.page}{self.command.name}|{self.subject}|{urlencode(self.values)}"


def pages(command: Command) -> tuple[Page, ...]:
    """The pages of a command's form."""
    options = command.options
    if len(options) <= _MOST:
        return (Page(title_of(command), options),)
    by_name = {one.name: one for one in options}
    if command.name in _FIRST:
        first = [by_name[name] for name in _FIRST[command.name] if name in by_name]
        return (Page(title_of(command), tuple(first[:_MOST])),)
    grouped = {
        title: tuple(by_name[name] for name in names if name in by_name) for title, names in _PAGES.items()
    }
    return tuple(Page(title, some) for title, some in grouped.items() if some)


def opened(action: str) -> Opened | None:
    """The page that a button opens; `None` for a button that does something else."""
    match = _OPEN.fullmatch(action)
    return None if match is None else _read(match["code"])


def _read(code: str) -> Opened | None:
    match = _CODE.fullmatch(code)
    command = BY_NAME.get(match["command"]) if match is not None else None
    if match is None or command is None or int(match["page"]) >= len(pages(command)):
        return None
    return Opened(
        command,
        int(match["page"]),
        match["subject"],
        dict(parse_qsl(match["values"], keep_blank_values=True)),
    )


def overview(request: FormRequest) -> Doc:
    """What is set, by pages, with a button for each."""
    some = pages(request.command)
    blocks: list[Block] = [Heading((Span(title_of(request.command), strong=True),))]
    if request.intro:
        blocks.append(Section((Span(request.intro),)))
    for page in some:
        told = "; ".join(f"{one.title}: {_shown(one, request.values)}" for one in page.options)
        blocks.append(Section((Span(f"{page.title}. ", strong=True), Span(f"{told}."))))
    buttons = [
        Button(page.title, Opened(request.command, number, request.subject).action)
        for number, page in enumerate(some)
    ]
    return Doc((*blocks, Actions(tuple(buttons))), request.intro or title_of(request.command))


def late(request: FormRequest, doc: Doc) -> Doc:
    """What is shown where it is too late to open a form: what to type, and a button that opens it."""
    again = Opened(request.command, 0, request.subject, request.values)
    return replace(doc, blocks=(*doc.blocks, Actions((Button("Open the form", again.action),))))


# --- a modal -----------------------------------------------------------------------------------------------


def modal(request: FormRequest, page: int = 0) -> ui.Modal:
    """One page of a form. discord.py need not remember it: `submitted` reads what comes back."""
    shown = pages(request.command)[page]
    names = {one.name for one in shown.options}
    # What was typed along and stands on no field of this page.
    usual = {one.name: one.default for one in request.command.options}
    beside = {
        name: value
        for name, value in request.values.items()
        if name not in names and value != usual.get(name) and not request.subject
    }
    kept = Opened(request.command, page, request.subject, beside)
    title = title_of(request.command)
    if shown.title != title:
        title = f"{title}: {shown.title.lower()}"
    made = ui.Modal(title=shorten(title, _TITLE), custom_id=kept.custom_id)
    for option in shown.options:
        made.add_item(_field(option, request.values.get(option.name) or option.default or ""))
    made.stop()
    return made


def submitted(data: Mapping[str, Any]) -> Opened:
    """What was filled in: all values, as they would be typed.

    Raises `ValueError` for a modal that is none of ours, or of another version.
    """
    match = _MODAL.fullmatch(str(data.get("custom_id")))
    kept = None if match is None else _read(match["code"])
    if kept is None:
        raise ValueError(_OUTDATED)
    fields = {one.name: one for one in pages(kept.command)[kept.page].options}
    values = dict(kept.values)
    for row in data.get("components") or ():
        component = row.get("component") or {}
        option = fields.get(str(component.get("custom_id")))
        value = None if option is None else _typed(option, component)
        if option is not None and value is not None:
            values[option.name] = value
    return replace(kept, values=values)


def mistaken(sent: Opened, errors: Mapping[str, str]) -> Doc:
    """What is wrong, with a button that opens the form with what was typed."""
    titles = {one.name: one.title for one in sent.command.options}
    blocks: list[Block] = [
        Section((Span(f"{titles[name]}: ", strong=True), Span(sentence)))
        if name in titles
        else Section((Span(sentence),))
        for name, sentence in errors.items()
    ]
    blocks.append(Actions((Button("Correct it", sent.action),)))
    return Doc(tuple(blocks), " ".join(errors.values()))


# --- one field ---------------------------------------------------------------------------------------------


def _field(option: Option, value: str) -> "ui.Label[Any]":
    return ui.Label(
        text=shorten(option.title, _LABEL),
        description=shorten(f"{option.help[:1].upper()}{option.help[1:]}", _DESCRIPTION),
        component=_component(option, value),
    )


def _component(option: Option, value: str) -> ui.Item[Any]:
    match option.kind:
        case Kind.CHOICE:
            chosen = [
                discord.SelectOption(label=choice_label(one), value=one, default=one == value)
                for one in option.choices
            ]
            return ui.Select(custom_id=option.name, options=chosen, required=option.required)
        case Kind.DAYS:
            days = days_in(value)
            some = [
                discord.SelectOption(label=name, value=day, default=day in days) for day, name in DAYS.items()
            ]
            return ui.Select(
                custom_id=option.name,
                options=some,
                min_values=1,
                max_values=len(some),
                required=option.required,
            )
        case Kind.ROUTES:
            taken = value.split(",")
            ways = [
                discord.SelectOption(label=choice_label(one), value=one, default=one in taken)
                for one in option.choices
            ]
            return ui.Select(
                custom_id=option.name,
                options=ways,
                min_values=1,
                max_values=len(ways),
                required=option.required,
            )
        case Kind.ROLE:
            role = discord.Object(int(value), type=discord.Role) if value.isdecimal() else None
            return ui.RoleSelect(
                custom_id=option.name,
                min_values=0,
                required=option.required,
                default_values=[] if role is None else [role],
            )
        case _:
            longest = {Kind.QUERY: LONGEST_QUERY, Kind.PAPERS: LONGEST_PAPERS}.get(option.kind)
            return ui.TextInput(
                custom_id=option.name,
                style=discord.TextStyle.short if longest is None else discord.TextStyle.paragraph,
                default=value or None,
                required=option.required,
                max_length=_SHORT if longest is None else longest,
            )


def _typed(option: Option, component: Mapping[str, Any]) -> str | None:
    """What was chosen or written, as it would be typed; `None` where nothing was."""
    if "values" in component:
        chosen = [str(one) for one in component["values"] or ()]
        return ",".join(chosen) or None
    value = component.get("value")
    if value is None or not str(value).strip():
        return "" if option.kind is Kind.QUERY else None  # an emptied filter takes everything
    return str(value).strip()


def _shown(option: Option, values: Mapping[str, str]) -> str:
    value = values.get(option.name, option.default) or ""
    if option.kind is Kind.CHOICE and value:
        return choice_label(value).partition(":")[0]
    return value or "none"


__all__ = [
    "Opened",
    "Page",
    "late",
    "mistaken",
    "modal",
    "opened",
    "overview",
    "pages",
    "submitted",
]
