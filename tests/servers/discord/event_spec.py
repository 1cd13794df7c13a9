"""What is sent to the bot, held against the shared descriptions of Discord's events."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from tests.servers.discord.state import Body
from tests.shared import shared_file

_SCHEMAS: Final = {
    "READY": "Ready",
    "GUILD_CREATE": "GuildCreate",
    "CHANNEL_CREATE": "ChannelCreate",
    "CHANNEL_UPDATE": "ChannelCreate",
    "CHANNEL_DELETE": "ChannelCreate",
    "MESSAGE_CREATE": "MessageCreate",
    "INTERACTION_CREATE": "InteractionCreate",
}
_KEYS: Final = {  # events whose keys were measured under a longer name, or of another event
    "CHANNEL_UPDATE": "CHANNEL_CREATE",
    "THREAD_UPDATE": "THREAD_CREATE",
}
_INTERACTIONS: Final = {2: "slash command", 3: "button", 5: "modal submit"}


class EventSpec:
    """The descriptions, loaded once. Making one skips the test where the shared folder is absent."""

    def __init__(self) -> None:
        self._keys: dict[str, list[str]] = json.loads(
            shared_file("specs/discord/discordpy_mandatory_keys.json").read_text()
        )
        self._validators: dict[str, Draft7Validator] = {}

    def problems(self, event: str, data: Body) -> list[str]:
        """How an event differs from what Discord sends, or from what discord.py cannot do without."""
        found: list[str] = []
        if event in _SCHEMAS:
            error = best_match(self._validator(_SCHEMAS[event]).iter_errors(data))
            if error is not None:
                where = "/".join(str(one) for one in error.absolute_path)
                found.append(f"{event}: {where}: {error.message[:300]}")
        missing = (
            key
            for key in self._keys.get(_measured(event, data), [])
            if not all(_present(data, _where(key, data)))
        )
        return found + [f"{event} has no {key}, without which discord.py breaks" for key in missing]

    def message_problems(self, name: str, data: Any) -> list[str]:
        """The same for what a client sends: `Identify`, `Resume`; or the server besides events: `Hello`."""
        error = best_match(self._validator(name).iter_errors(data))
        return [] if error is None else [f"{name}: {error.message[:300]}"]

    def _validator(self, name: str) -> Draft7Validator:
        if name not in self._validators:
            path = shared_file(f"specs/generated/discord_gateway_{name}.schema.json")
            schema = json.loads(path.read_text())
            for kind in schema["definitions"]:
                if kind.endswith("Flags"):  # described by its single bits, of which a value has any
                    schema["definitions"][kind] = {"type": "number"}
            self._validators[name] = Draft7Validator(schema)
        return self._validators[name]


@cache
def load() -> EventSpec:
    return EventSpec()


def _measured(event: str, data: Body) -> str:
    """Under which name the keys of an event stand."""
    if event == "INTERACTION_CREATE":
        return f"{event} ({_INTERACTIONS.get(data['type'], '')})"
    if event == "MESSAGE_CREATE":
        return f"{event} (human, {'guild' if 'guild_id' in data else 'DM'})"
    return _KEYS.get(event, event)


def _present(data: Any, path: list[str]) -> Iterator[bool]:
    """Whether a key is there, once for each place where it must be."""
    if not path:
        yield True
        return
    name, *rest = path
    many = name.endswith("[]")
    name = name.removesuffix("[]")
    if name not in data:
        yield False
    elif many:
        for one in data[name]:
            yield from _present(one, rest)
    else:
        yield from _present(data[name], rest)


def _where(key: str, data: Body) -> list[str]:
    """The way to what an interaction needs: outside of servers there is a user and no member."""
    way = key.split(".")
    if way[0] != "member" or "user" not in data:
        return way
    return way[1:] if way[1:2] == ["user"] else ["user", "id"]
