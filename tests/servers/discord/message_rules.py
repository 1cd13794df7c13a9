"""The rules for messages and modals that Discord enforces and its OpenAPI file leaves out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tests.servers.discord.problems import Problem
from tests.servers.discord.state import (
    COMPONENTS_V2,
    EPHEMERAL,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    Body,
)

LONGEST_CONTENT: Final = 2_000
LONGEST_EMBEDS: Final = 6_000  # characters of all embeds of a message
MOST_COMPONENTS: Final = 40  # of a Components V2 message, nested ones too
LONGEST_DISPLAYED: Final = 4_000  # characters of all its text displays
MOST_ROWS: Final = 5
MOST_IN_MODAL: Final = 5

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, TEXT, LABEL = 1, 2, 3, 4, 10, 18
_SELECTS: Final = (3, 5, 6, 7, 8)
_LINK, _PREMIUM = 5, 6  # styles of buttons
_FLAGS: Final = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2  # that an app may set


def message_problems(body: Body, *, ephemeral: bool = False) -> list[Problem]:
    """What is wrong with a message that is to be made or changed; `ephemeral` if it may be."""
    return [
        *_flag_problems(body, ephemeral),
        *_content_problems(body),
        *_embed_problems(body.get("embeds") or []),
        *_mention_problems(body.get("allowed_mentions") or {}),
        *component_problems(body.get("components") or []),
    ]


def whole_problems(
    content: str, embeds: Sequence[Body], components: Sequence[Body], flags: int
) -> list[Problem]:
    """What is wrong with a message as it would be in the end, an edit taken in."""
    if not flags & COMPONENTS_V2:
        wrong = [
            Problem(
                ("components", place), f"a component of type {one['type']} needs the flag {COMPONENTS_V2}"
            )
            for place, one in enumerate(components)
            if one["type"] != ROW
        ]
        if len(components) > MOST_ROWS:
            wrong.append(Problem(("components",), f"{len(components)} rows, at most {MOST_ROWS}"))
        return wrong
    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    wrong = [
        Problem((name,), f"{name} cannot stand beside Components V2", code)
        for name, value in (("content", content), ("embeds", embeds))
        if value
    ]
    count = sum(1 for _ in every(components))
    if count > MOST_COMPONENTS:
        wrong.append(Problem(("components",), f"{count} components, at most {MOST_COMPONENTS}"))
    shown = sum(len(one["content"]) for _, one in every(components) if one["type"] == TEXT)
    if shown > LONGEST_DISPLAYED:
        wrong.append(Problem(("components",), f"{shown} displayed characters, at most {LONGEST_DISPLAYED}"))
    return wrong


def modal_problems(data: Body) -> list[Problem]:
    """What is wrong with the data of a modal."""
    components = data["components"]
    wrong = component_problems(components)
    if len(components) > MOST_IN_MODAL:
        wrong.append(Problem(("components",), f"{len(components)} in a modal, at most {MOST_IN_MODAL}"))
    for path, one in every(components, ("components",)):
        if one["type"] == TEXT_INPUT:
            least, most = one.get("min_length") or 0, one.get("max_length") or 4_000
            if least > most:
                wrong.append(Problem((*path, "min_length"), "is greater than max_length"))
            value = one.get("value")
            if value and not least <= len(value) <= most:
                wrong.append(Problem((*path, "value"), f"{len(value)} characters, from {least} to {most}"))
        if one["type"] in _SELECTS and one.get("min_values") == 0 and one.get("required", True):
            wrong.append(Problem((*path, "min_values"), "is 0 though the select is required"))
        if one["type"] == LABEL and one["component"]["type"] == TEXT_INPUT and one["component"].get("label"):
            wrong.append(Problem((*path, "component", "label"), "stands in a label that has its own"))
    return wrong


def every(components: Sequence[Body], path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Body]]:
    """Each component with its path, nested ones too, from outside in."""
    for place, one in enumerate(components):
        here = (*path, place)
        yield here, one
        yield from every(one.get("components") or [], (*here, "components"))
        for name in ("accessory", "component"):
            if one.get(name):
                yield from _alone(one[name], (*here, name))


def _alone(component: Body, path: tuple[str | int, ...]) -> Iterator[tuple[Any, Body]]:
    yield path, component
    yield from every(component.get("components") or [], (*path, "components"))


def component_problems(components: Sequence[Body]) -> list[Problem]:
    wrong: list[Problem] = []
    found = list(every(components, ("components",)))
    for path, one in found:
        if one["type"] == ROW:
            wrong += _row_problems(path, one["components"])
        elif one["type"] == BUTTON:
            wrong += _button_problems(path, one)
        elif one["type"] in _SELECTS:
            wrong += _select_problems(path, one)
    for name, code in (("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"), ("id", "COMPONENT_ID_DUPLICATED")):
        counted = Counter(one[name] for _, one in found if one.get(name))
        wrong += [
            Problem(("components",), f"{name} {value!r} stands there {count} times", code)
            for value, count in counted.items()
            if count > 1
        ]
    return wrong


def _flag_problems(body: Body, ephemeral: bool) -> Iterator[Problem]:
    allowed = _FLAGS | (EPHEMERAL if ephemeral else 0)
    other = (body.get("flags") or 0) & ~allowed
    if other:
        yield Problem(("flags",), f"the flags {other} cannot be set here")


def _content_problems(body: Body) -> Iterator[Problem]:
    length = len(body.get("content") or "")
    if length > LONGEST_CONTENT:
        yield Problem(("content",), f"{length} characters, at most {LONGEST_CONTENT}", "BASE_TYPE_MAX_LENGTH")


def _embed_problems(embeds: Sequence[Body]) -> Iterator[Problem]:
    total = 0
    for place, embed in enumerate(embeds):
        fields = embed.get("fields") or []
        texts = [
            embed.get("title"), embed.get("description"),
            (embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name"),
            *(field[part] for field in fields for part in ("name", "value")),
        ]  # fmt: skip
        total += sum(len(text) for text in texts if text)
        if not any(texts) and not any(embed.get(name) for name in ("image", "thumbnail", "url")):
            yield Problem(("embeds", place), "is empty")
        for number, field in enumerate(fields):
            if not field["name"].strip() or not field["value"].strip():
                yield Problem(("embeds", place, "fields", number), "has an empty name or value")
    if total > LONGEST_EMBEDS:
        yield Problem(
            ("embeds",), f"{total} characters in all, at most {LONGEST_EMBEDS}", "MAX_EMBED_SIZE_EXCEEDED"
        )


def _mention_problems(allowed: Body) -> Iterator[Problem]:
    for name in ("users", "roles"):
        if allowed.get(name) and name in (allowed.get("parse") or []):
            yield Problem(
                ("allowed_mentions",),
                f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.',
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
            )


def _row_problems(path: tuple[str | int, ...], components: Sequence[Body]) -> Iterator[Problem]:
    others = sum(1 for one in components if one["type"] != BUTTON)
    if others and len(components) > 1:
        yield Problem(path, "a row holds one select or up to five buttons", "COMPONENT_LAYOUT_WIDTH_EXCEEDED")


def _button_problems(path: tuple[str | int, ...], button: Body) -> Iterator[Problem]:
    style = button["style"]
    wanted = "url" if style == _LINK else "sku_id" if style == _PREMIUM else "custom_id"
    for name in ("url", "sku_id", "custom_id"):
        if bool(button.get(name)) != (name == wanted):
            yield Problem((*path, name), f"a button of style {style} has {wanted} and no other")
    if style != _PREMIUM and not button.get("label") and not button.get("emoji"):
        yield Problem((*path, "label"), "a button has a label or an emoji")
    url = button.get("url")
    if url and not str(url).startswith(("http://", "https://", "discord://")):
        yield Problem((*path, "url"), "no scheme that a button may open", "URL_TYPE_INVALID_SCHEME")


def _select_problems(path: tuple[str | int, ...], select: Body) -> Iterator[Problem]:
    least, most = select.get("min_values"), select.get("max_values")
    least, most = 1 if least is None else least, 1 if most is None else most
    if least > most:
        yield Problem((*path, "min_values"), f"{least} is greater than max_values {most}")
    if select["type"] != STRING_SELECT:
        return
    options = select["options"]
    if most > len(options):
        yield Problem((*path, "max_values"), f"{most}, of {len(options)} options")
    values = Counter(one["value"] for one in options)
    for value, count in values.items():
        if count > 1:
            yield Problem(
                (*path, "options"), f"{value!r} stands there {count} times", "SELECT_OPTION_VALUE_DUPLICATED"
            )
    chosen = sum(1 for one in options if one.get("default"))
    if chosen > most:
        yield Problem((*path, "options"), f"{chosen} are chosen already, at most {most}")
