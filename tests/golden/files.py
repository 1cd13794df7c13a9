"""Where golden payloads are kept, and how they are written."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

from bot.view.doc import Doc
from tests.golden.skeleton import LAYOUTS, golden

SURFACES: Final = tuple(LAYOUTS)


def file_of(surface: str, day: date) -> Path:
    return Path(__file__).parent / surface / f"{day}.json"


def text_of(surface: str, doc: Doc) -> str:
    """JSON with a line for each block, so that a change is read where it happened."""
    layouts = [
        f"{json.dumps(layout)}: [\n" + ",\n".join(map(_message, messages)) + "\n]"
        for layout, messages in golden(surface, doc).items()
    ]
    return "{\n" + ",\n".join(layouts) + "\n}\n"


def _message(message: dict[str, Any]) -> str:
    return f" {{{', '.join(f'{json.dumps(name)}: {_field(value)}' for name, value in message.items())}}}"


def _field(value: Any) -> str:
    if not isinstance(value, list):
        return _line(value)
    blocks = ",\n".join(line for block in value for line in _block(block))
    return f"[\n{blocks}\n ]"


def _block(block: dict[str, Any]) -> list[str]:
    """One line; of a box of Discord's, one for each component in it."""
    inner = block.get("components")
    if block.get("type") != 17 or not inner:
        return [_line(block)]
    rest = _line({name: value for name, value in block.items() if name != "components"})
    lines = ",\n  ".join(map(_line, inner))
    return [f'{rest[:-1]},"components":[\n  {lines}]}}']


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
