"""What one would write first: a listener that answers, and then acknowledges. As a process of its own.

All else is the same program: its digests go out meanwhile, and the same commands give the same answers.
"""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any, Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

from adapters.slack.api import Api
from adapters.slack.conversation import Conversation
from adapters.slack.hearing import heard
from adapters.slack.people import People
from bot.commands.service import Commands
from bot.config import Settings
from bot.logs import configure_logs
from bot.schedule.zones import zones_like
from bot.system import RandomIds, SystemClock
from bot.wiring import Surroundings, assemble, open_search
from bot.wiring.chats import open_slack
from bot.wiring.commands import command_services

_NOBODYS: Final = "xoxb-of-nobody"  # answers go by their response_url


async def _run() -> None:
    settings = Settings.load(os.environ, Path.cwd())
    configure_logs("error", settings.log_format)
    around = Surroundings(SystemClock(), RandomIds(), random.Random(), sys.stdout)
    assert settings.slack_app_token is not None
    silent = settings.model_copy(update={"slack_app_token": None})
    async with assemble(silent, around) as bot, open_search(settings, bot.store, around) as search:
        slack, api = open_slack(settings, bot.store, around), Api(settings.slack_api_url)
        services = command_services(
            settings, around, bot.store, search, bot.planner, lambda: None, direct=slack.direct, sharing=True
        )
        conversation = Conversation(
            api,
            slack.tokens,
            People(api, slack.tokens, around.clock, allowed=False),
            slack.surface,
            Commands(services),
            bot.store.installations,
            around.clock,
            zones=zones_like,
        )
        app = AsyncApp(client=api.client(None), authorize=_authorize, request_verification_enabled=False)

        @app.command(settings.slack_command)
        async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
            await conversation.command(heard(body), str(body["text"]))
            await ack()

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, bot.stop)
        handler = AsyncSocketModeHandler(app, settings.slack_app_token.get_secret_value())
        await handler.client.connect()  # type: ignore[no-untyped-call]  # slack_sdk leaves its types out
        try:
            await bot.run()
        finally:
            await handler.client.close()  # type: ignore[no-untyped-call]  # as above
            await slack.aclose()
            await api.aclose()


async def _authorize(**_: Any) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=_NOBODYS, bot_user_id="U0")


if __name__ == "__main__":
    asyncio.run(_run())
