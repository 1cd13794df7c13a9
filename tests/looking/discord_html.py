"""Discord's messages as a page to be looked at: near enough to Discord to see what reads badly.

Markdown is read as Discord reads it, not as we mean it: what went wrong must be seen.
"""

import html
import re
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

from tests.discord_reading import Glyph, read_line

Json = dict[str, Any]

STYLE: Final = """
:root { --ground: #fff; --text: #2e3338; --dim: #5c5e66; --line: #e1e2e4; --link: #006ce7; --box: #f9f9fa;
  --button: #e3e5e8; --code: #f2f3f5; --mention: #e6e8fd; --mentioned: #505cdc; }
.dark { --ground: #313338; --text: #dbdee1; --dim: #949ba4; --line: #46484f; --link: #00a8fc; --box: #2b2d31;
  --button: #4e5058; --code: #1e1f22; --mention: #3c4270; --mentioned: #c9cdfb; }
body { margin: 0; padding: 16px; background: var(--ground); color: var(--text);
  font: 16px/1.375 "gg sans", "Noto Sans", "Noto Color Emoji", "Helvetica Neue", Arial, sans-serif; }
h2.words { font-size: 12px; color: var(--dim); font-weight: 400; margin: 24px 0 8px; padding-top: 8px;
  border-top: 1px dashed var(--line); }
.message { display: flex; gap: 16px; padding: 4px 0; }
.reply { margin-left: 40px; }
.face { width: 40px; height: 40px; border-radius: 50%; background: #1f3a5f; color: #fff; flex: none;
  text-align: center; font: 700 20px/40px serif; }
.body { flex: 1; min-width: 0; max-width: 600px; }
.name b { font-weight: 600; } .name i { font-style: normal; font-size: 12px; color: var(--dim); }
.name small { background: #5865f2; color: #fff; border-radius: 4px; padding: 1px 5px; font-size: 10px;
  margin: 0 4px; }
.box { border: 1px solid var(--line); border-radius: 8px; background: var(--box); padding: 12px 16px;
  margin: 4px 0; display: flex; flex-direction: column; gap: 8px; }
.text { overflow-wrap: anywhere; }
.line { min-height: 22px; white-space: pre-wrap; }
.big { font-size: 20px; font-weight: 700; margin: 8px 0 4px; }
.middle { font-size: 16px; font-weight: 700; margin: 4px 0 2px; }
.small { font-size: 13px; color: var(--dim); min-height: 18px; }
.quote { border-left: 4px solid var(--line); padding-left: 12px; }
.section { display: flex; gap: 16px; justify-content: space-between; align-items: flex-start; }
.section > .text { min-width: 0; }
.row { display: flex; flex-wrap: wrap; gap: 8px; margin: 2px 0; }
.button { border-radius: 8px; background: var(--button); padding: 2px 16px; height: 28px; white-space: nowrap;
  font: 500 14px/28px "gg sans", "Noto Sans", sans-serif; flex: none; }
.danger { background: #da373c; color: #fff; }
.select { border: 1px solid var(--line); border-radius: 8px; background: var(--code); color: var(--dim);
  padding: 8px 12px; width: 400px; max-width: 100%; box-sizing: border-box; }
.options { border: 1px solid var(--line); border-radius: 8px; background: var(--box); width: 400px;
  max-width: 100%; box-sizing: border-box; font-size: 14px; }
.options div { padding: 6px 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.options i { display: block; color: var(--dim); font-style: normal; font-size: 12px; }
.embed { border-left: 4px solid var(--line); border-radius: 4px; background: var(--box); margin: 4px 0;
  padding: 8px 16px 12px 12px; max-width: 520px; font-size: 14px; }
.embed .title { font-size: 16px; font-weight: 600; }
a { color: var(--link); text-decoration: none; }
code { background: var(--code); border-radius: 4px; padding: 0 4px; font-size: 14px; }
time { background: var(--code); border-radius: 3px; padding: 0 2px; }
.mention { background: var(--mention); color: var(--mentioned); border-radius: 3px; padding: 0 2px; }
hr { border: 0; border-top: 1px solid var(--line); margin: 4px 0; width: 100%; }
mark { background: #f23f42; color: #fff; }
"""

_ROLE: Final = re.compile(r"<@&\d+>")
_BEGINNINGS: Final = (
    ("## ", "big"),
    ("### ", "middle"),
    ("> -# ", "quote small"),
    ("> ", "quote"),
    ("-# ", "small"),
)
_TAGS: Final = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strike": "s",
    "spoiler": "mark",
    "code": "code",
}


def page(
    title: str, messages: list[tuple[str, list[Json]]], *, dark: bool = False, menu: bool = False
) -> str:
    """A page of messages, each with the words above it, and what it goes on in.

    With `menu` the first select stands open.
    """
    shown = "".join(
        f'<h2 class="words">{html.escape(words)}</h2>'
        + "".join(_message(payload, reply=number > 0) for number, payload in enumerate(several))
        for words, several in messages
    )
    if menu:
        shown = shown.replace('<div class="options" hidden>', '<div class="options">', 1)
    return (
        f'<!doctype html><meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
        f'<body class="{"dark" if dark else ""}">{shown}</body>'
    )


def _message(payload: Json, *, reply: bool) -> str:
    embeds = "".join(map(_embed, payload.get("embeds", ())))
    shown = _text(payload.get("content", "")) + embeds + "".join(map(_component, payload["components"]))
    return (
        f'<div class="message{" reply" if reply else ""}"><div class="face">P</div><div class="body">'
        f'<div class="name"><b>Paperboy</b><small>APP</small><i>Today at 09:00</i></div>{shown}</div></div>'
    )


def _component(value: Json) -> str:
    inner = "".join(map(_component, value.get("components", ())))
    match value["type"]:
        case 17:
            return f'<div class="box">{inner}</div>'
        case 10:
            return _text(value["content"])
        case 9:
            return f'<div class="section">{inner}{_component(value["accessory"])}</div>'
        case 1:
            return f'<div class="row">{inner}</div>'
        case 14:
            return "<hr>"
        case 2:
            kind = "button danger" if value["style"] == 4 else "button"
            return f'<span class="{kind}">{html.escape(value["label"])}</span>'
        case 3:
            options = "".join(map(_option, value["options"]))
            name = html.escape(value["placeholder"])
            return f'<div class="select">{name}</div><div class="options" hidden>{options}</div>'
        case other:
            raise ValueError(f"a component of type {other}")


def _option(value: Json) -> str:
    more = f"<i>{html.escape(value['description'])}</i>" if value.get("description") else ""
    return f"<div>{html.escape(value['label'])}{more}</div>"


def _embed(value: Json) -> str:
    title = _spans(value["title"]) if value.get("title") else ""
    if title and value.get("url"):
        title = f'<a href="{html.escape(value["url"])}">{title}</a>'
    return (
        '<div class="embed">'
        + (f'<div class="title">{title}</div>' if title else "")
        + _text(value.get("description", ""))
        + "</div>"
    )


def _text(text: str) -> str:
    return f'<div class="text">{"".join(map(_line, text.split(chr(10))))}</div>' if text else ""


def _line(text: str) -> str:
    for beginning, kind in _BEGINNINGS:
        if text.startswith(beginning):
            return f'<div class="line {kind}">{_spans(text.removeprefix(beginning))}</div>'
    if _ROLE.fullmatch(text):
        return '<div class="line"><span class="mention">@readers</span></div>'
    return f'<div class="line">{_spans(text)}</div>'


def _spans(text: str) -> str:
    alike = groupby(read_line(text), key=lambda one: one._replace(character=""))
    return "".join(_styled(kind, "".join(one.character for one in some)) for kind, some in alike)


def _styled(kind: Glyph, text: str) -> str:
    if kind.instant is not None:
        moment = datetime.fromtimestamp(kind.instant, UTC)
        shown = f"<time>{moment.day} {moment:%B %Y at %H:%M}</time>"
    else:
        shown = html.escape(text)
    if kind.url is not None:
        shown = f'<a href="{html.escape(kind.url)}">{shown}</a>'
    for style in sorted(kind.styles):
        shown = f"<{_TAGS[style]}>{shown}</{_TAGS[style]}>"
    return shown
