"""A message as discord.py sends it."""

import json
from typing import Any

from discord.http import handle_message_parameters

from adapters.discord.render import Message


def payload_of(message: Message) -> dict[str, Any]:
    arguments = {name: value for name, value in message.arguments().items() if name != "suppress_embeds"}
    sent: dict[str, Any] | None = handle_message_parameters(**arguments).payload
    assert sent is not None
    whole: dict[str, Any] = json.loads(json.dumps(sent))
    return whole
