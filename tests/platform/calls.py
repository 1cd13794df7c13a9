"""Calling the loopback Slack with the real client."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

ClientOf = Callable[[str], AsyncWebClient]
"""Makes the client with a token."""


async def error_of(call: Awaitable[Any]) -> str:
    """The error that a call is answered with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])
