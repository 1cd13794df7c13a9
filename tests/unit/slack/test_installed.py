"""Who installed the bot is looked up before an acknowledgement, and not again for a minute."""

from typing import Any

import pytest
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.slack.installed import REMEMBERED_FOR, Installed
from adapters.slack.tokens import Credentials, Tokens
from bot.errors import RefusedError
from bot.people.model import Hidden
from tests.clocks import FakeClock


class SomeTokens(Tokens):
    """Of the tenants that are there; counts how often it is asked."""

    def __init__(self, *tenants: str) -> None:
        self.there = set(tenants)
        self.asked: list[str] = []

    async def of(self, tenant: str) -> Credentials:
        self.asked.append(tenant)
        if tenant not in self.there:
            raise RefusedError("The app was removed.")
        return Credentials(Hidden(f"xoxb-{tenant}"), f"U{tenant}BOT", frozenset())


async def ask(installed: Installed, team: str, enterprise: str | None = None) -> Any:
    context = AsyncBoltContext({"is_enterprise_install": enterprise is not None})
    found = await installed(context=context, enterprise_id=enterprise, team_id=team, user_id="U1")
    return None if found is None else found.bot_token


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_a_workspace_is_looked_up_once_a_minute(clock: FakeClock) -> None:
    tokens = SomeTokens("T1", "T2")
    installed = Installed(tokens, clock)
    assert [await ask(installed, team) for team in ("T1", "T1", "T2")] == ["xoxb-T1", "xoxb-T1", "xoxb-T2"]
    assert tokens.asked == ["T1", "T2"]
    clock.advance(REMEMBERED_FOR)
    assert await ask(installed, "T1") == "xoxb-T1"
    assert tokens.asked == ["T1", "T2", "T1"]


async def test_whoever_removed_the_bot_is_not_let_through(clock: FakeClock) -> None:
    tokens = SomeTokens("T1")
    installed = Installed(tokens, clock)
    assert await ask(installed, "T1") == "xoxb-T1"
    tokens.there.clear()
    installed.forget("T1")
    assert await ask(installed, "T1") is None
    tokens.there.add("T1")  # and comes back: that nobody was there is not remembered
    assert await ask(installed, "T1") == "xoxb-T1"


async def test_a_whole_organisation_speaks_for_its_workspaces(clock: FakeClock) -> None:
    assert await ask(Installed(SomeTokens("E1"), clock), "T7", "E1") == "xoxb-E1"
