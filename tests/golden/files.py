"""Where golden payloads are kept, and how they are written."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

from bot.view.doc import Doc
from tests.golden.skeleton import golden

_FOLDER: Final = Path(__file__).parent / "slack"


def file_of(day: date) -> Path:
    return _FOLDER / f"{day}.json"


def text_of(doc: Doc) -> str:
    """JSON with a line for each block, so that a change is read where it happened."""
    layouts = [
        f"{json.dumps(layout)}: [\n" + ",\n".join(map(_message, messages)) + "\n]"
        for layout, messages in golden(doc).items()
    ]
    return "{\n" + ",\n".join(layouts) + "\n}\n"


def _message(message: dict[str, Any]) -> str:
    blocks = ",\n".join(_line(block) for block in message["blocks"])
    return f' {{"text": {_line(message["text"])}, "blocks": [\n{blocks}\n ]}}'


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
