"""Slack's blocks as a page to be looked at: near enough to Slack to see what reads badly.

Markup is read as Slack reads it, not as we mean it: what went wrong must be seen.
"""

import html
import re
from datetime import UTC, datetime
from typing import Any, Final

Json = dict[str, Any]

STYLE: Final = """
:root { --ground: #fff; --text: #1d1c1d; --dim: #616061; --line: #ddd; --link: #1264a3; }
.dark { --ground: #1a1d21; --text: #d1d2d3; --dim: #ababad; --line: #4a4b4d; --link: #1d9bd1; }
body { margin: 0; padding: 16px 20px; background: var(--ground); color: var(--text);
  font: 15px/1.46668 Lato, "Noto Sans", "Noto Color Emoji", sans-serif; }
h2 { font-size: 12px; color: var(--dim); font-weight: 400; margin: 24px 0 8px; padding-top: 8px;
  border-top: 1px dashed var(--line); }
.message { display: flex; gap: 8px; padding: 4px 0; }
.reply { margin-left: 44px; }
.face { width: 36px; height: 36px; border-radius: 4px; background: #1f3a5f; color: #fff; flex: none;
  text-align: center; font: 700 18px/36px serif; }
.body { flex: 1; min-width: 0; max-width: 600px; }
.name b { font-weight: 900; } .name i { font-style: normal; font-size: 12px; color: var(--dim); }
.name small { background: var(--line); border-radius: 2px; padding: 1px 3px; font-size: 10px; margin: 0 4px; }
.block { margin: 4px 0 8px; overflow-wrap: break-word; position: relative; }
.header { font-size: 18px; font-weight: 900; line-height: 1.33; margin-top: 8px; }
.section { display: flex; gap: 16px; justify-content: space-between; margin-top: 8px; }
.section > div:first-child { min-width: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.context { font-size: 13px; color: var(--dim); line-height: 1.38; margin: 0 0 8px; }
.context span { margin-right: 8px; white-space: pre-wrap; }
.rich, .quote { white-space: pre-wrap; }
.quote { border-left: 4px solid var(--line); padding-left: 12px; }
a { color: var(--link); text-decoration: none; }
hr { border: 0; border-top: 1px solid var(--line); margin: 16px 0; }
.button, .menu { display: inline-block; height: 28px; padding: 0 12px 1px; margin: 0 8px 8px 0;
  border: 1px solid var(--line); border-radius: 4px; white-space: nowrap;
  font: 700 13px/28px Lato, "Noto Sans", sans-serif; }
.menu { padding: 0 8px; margin: 0; flex: none; letter-spacing: 1px; }
.danger { color: #e01e5a; }
.options { position: absolute; right: 0; top: 34px; z-index: 1; padding: 8px 16px; font-size: 14px;
  background: var(--ground); border: 1px solid var(--line); border-radius: 6px;
  box-shadow: 0 4px 12px #0003; }
.input small { color: var(--dim); font-size: 12px; }
.field { border: 1px solid var(--line); border-radius: 4px; padding: 4px 12px; margin: 2px 0; }
mark { background: #fde2ec; color: #b3003c; }
"""

_ENTITY: Final = re.compile(r"<([^<>]*)>")


def page(
    title: str, messages: list[tuple[str, list[list[Json]]]], *, dark: bool = False, menu: bool = False
) -> str:
    """A page of messages, each with the words above it, its blocks, and those of the replies in its thread.

    With `menu` the first menu stands open.
    """
    shown = "".join(
        f"<h2>{html.escape(words)}</h2>"
        + "".join(_message(blocks, reply=number > 0) for number, blocks in enumerate(thread))
        for words, thread in messages
    )
    if menu:
        shown = shown.replace('<div class="options" hidden>', '<div class="options">', 1)
    return (
        f'<!doctype html><meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
        f'<body class="{"dark" if dark else ""}">{shown}</body>'
    )


def _message(blocks: list[Json], *, reply: bool) -> str:
    return (
        f'<div class="message{" reply" if reply else ""}"><div class="face">P</div><div class="body">'
        f'<div class="name"><b>Paperboy</b> <small>APP</small> <i>9:00 AM</i></div>'
        f"{''.join(map(_block, blocks))}</div></div>"
    )


def _block(block: Json) -> str:
    match block["type"]:
        case "header":
            return f'<div class="block header">{_text(block["text"])}</div>'
        case "divider":
            return "<hr>"
        case "section":
            beside = _element(block["accessory"]) if "accessory" in block else ""
            below = _options(block.get("accessory", {}))
            return f'<div class="block section"><div>{_text(block["text"])}</div>{beside}{below}</div>'
        case "context":
            inner = "".join(f"<span>{_text(one)}</span>" for one in block["elements"])
            return f'<div class="block context">{inner}</div>'
        case "actions":
            return f'<div class="block">{"".join(map(_element, block["elements"]))}</div>'
        case "rich_text":
            return "".join(map(_rich_part, block["elements"]))
        case "input":
            hint = f"<small>{_text(block['hint'])}</small>" if "hint" in block else ""
            label, element = _text(block["label"]), _input(block["element"])
            return f'<div class="block input"><b>{label}</b>{element}{hint}</div>'
        case other:
            raise ValueError(f"there is no picture of a block of type {other!r}")


def _element(element: Json) -> str:
    if element["type"] == "overflow":
        return '<span class="menu">⋯</span>'
    danger = " danger" if element.get("style") == "danger" else ""
    return f'<span class="button{danger}">{_text(element["text"])}</span>'


def _input(element: Json) -> str:
    """An input as it is filled in; the choices of checkboxes stand side by side."""
    match element["type"]:
        case "checkboxes":
            chosen = element.get("initial_options", [])
            marks = (f"{'☑' if one in chosen else '☐'} {_text(one['text'])}" for one in element["options"])
            return f"<div>{' &nbsp; '.join(marks)}</div>"
        case "static_select" | "external_select":
            first = element.get("initial_option")
            return f'<div class="field">{_text(first["text"]) if first else ""} ▾</div>'
        case _:
            value = element.get("initial_value") or element.get("initial_time") or ""
            return f'<div class="field">{html.escape(value)}&nbsp;</div>'


def _options(element: Json) -> str:
    labels = "<br>".join(_text(option["text"]) for option in element.get("options", []))
    return f'<div class="options" hidden>{labels}</div>' if labels else ""


def _rich_part(part: Json) -> str:
    inner = "".join(map(_rich_element, part["elements"]))
    kind = "quote" if part["type"] == "rich_text_quote" else "rich"
    return f'<div class="block {kind}">{inner}</div>'


def _rich_element(element: Json) -> str:
    text = html.escape(_date(element) if element["type"] == "date" else element["text"])
    if element.get("style", {}).get("bold"):
        text = f"<b>{text}</b>"
    if element.get("style", {}).get("italic"):
        text = f"<i>{text}</i>"
    if element.get("style", {}).get("code"):
        text = f"<code>{text}</code>"
    return f'<a href="{html.escape(element["url"])}">{text}</a>' if "url" in element else text


def _date(element: Json) -> str:
    return _instant(element["timestamp"])


def _instant(timestamp: int) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%b %-d, %Y %-I:%M %p}"


def _text(value: Json) -> str:
    return html.escape(value["text"]) if value["type"] == "plain_text" else _markup(value["text"])


def _markup(text: str) -> str:
    shown = html.escape(html.unescape(_ENTITY.sub("\0", text)))
    entities = iter(_ENTITY.findall(text))
    shown = re.sub("\0", lambda _: _entity(next(entities)), shown)
    for mark, tag in (("*", "b"), ("_", "i"), ("~", "s"), ("`", "code")):
        shown = re.sub(
            rf"(?<![\w{re.escape(mark)}]){re.escape(mark)}(\S(?:[^\n]*?\S)?){re.escape(mark)}(?!\w)",
            rf"<{tag}>\1</{tag}>",
            shown,
        )
    return shown


def _entity(inside: str) -> str:
    if inside.startswith("!date^"):
        return html.escape(_instant(int(inside.split("^")[1])))
    if inside[:1] in {"@", "#", "!"}:
        return f"<mark>{html.escape(inside)}</mark>"
    url, _, label = inside.partition("|")
    return f'<a href="{html.escape(url)}">{html.escape(html.unescape(label))}</a>'
