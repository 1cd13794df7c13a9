"""The settings as people read them: with where each is from, and as a file to begin with."""

import json
import textwrap
from typing import Final, NamedTuple

from pydantic import SecretStr

from bot.config import Settings, env_name

HIDDEN: Final = "••••"


class ShownSetting(NamedTuple):
    """One setting as `paperboy config show` prints it."""

    name: str
    value: str  # never a secret
    origin: str  # an environment variable, the path of a TOML file, or "default"


def render_config(settings: Settings) -> list[ShownSetting]:
    """Every setting with its value and where that is from, secrets hidden."""
    return [
        ShownSetting(key, _as_text(getattr(settings, key), field.default), settings.origin(key))
        for key, field in Settings.model_fields.items()
    ]


def initial_toml() -> str:
    """A `paperboy.toml` in which every setting stands explained, commented out, at its default."""
    lines = [
        "# Settings of Paperboy. Remove the # before a line to change it; every setting is optional.",
        "# A variable of the environment goes before this file. Tokens are best kept there.",
    ]
    for key, field in Settings.model_fields.items():
        default = field.examples[0] if field.examples else field.default
        lines += ["", *(f"# {line}" for line in textwrap.wrap(f"{field.description}", 100))]
        lines += [f"# Environment: {env_name(key)}", f"#{key} = {_as_toml(default)}"]
    return "\n".join(lines) + "\n"


def _as_text(value: object, default: object) -> str:
    match value:
        case None:
            return "not set" if default is None else "off"
        case SecretStr():
            return HIDDEN
        case bool():
            return "on" if value else "off"
        case tuple():
            return " ".join(value) or "none"
        case _:
            return str(value)


def _as_toml(value: object) -> str:
    match value:
        case None:
            return '""'
        case bool():
            return str(value).lower()
        case tuple():
            return json.dumps(value)
        case str():
            return json.dumps(value, ensure_ascii=False)  # JSON's escapes are TOML's too
        case _:
            return str(value)
