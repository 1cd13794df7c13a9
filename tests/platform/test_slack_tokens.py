"""Who speaks for an organisation: the operator's own token, and installations whose tokens rotate."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack.api import Api
from adapters.slack.tokens import SURFACE, Credentials, InstalledTokens, OwnToken
from bot.errors import NotAcceptedError, RefusedError
from bot.people.model import Hidden, Installation, InstallationState
from bot.ports import Store
from storage.sqlite.store import open_sqlite
from tests.clocks import FakeClock
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.oauth import CLIENT_ID, CLIENT_SECRET


@pytest.fixture
async def api(slack: SlackServer) -> AsyncIterator[Api]:
    made = Api(slack.api_url, timeout=timedelta(seconds=5))
    yield made
    await made.aclose()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "paperboy.db", secret_key=lambda: b"k" * 32) as opened:
        yield opened


async def always(name: str) -> bool:
    assert name.startswith("slack-token:")
    return True


async def never(_: str) -> bool:
    return False


async def test_the_operators_token_speaks_for_its_own_workspace_alone(api: Api, scene: Scene) -> None:
    tokens = OwnToken(api, scene.token.value)
    credentials = await tokens.of(scene.team.id)
    assert credentials.token == scene.token.value
    assert credentials.bot_user == scene.token.bot_user
    assert await tokens.token(scene.team.id) == scene.token.value
    with pytest.raises(RefusedError, match="is not the one that the bot token is of") as refused:
        await tokens.of("T999")
    assert refused.value.pause
    assert scene.token.value not in str(refused.value)


async def test_a_token_that_slack_does_not_know_is_told_and_asked_about_again(
    api: Api, scene: Scene, slack: SlackServer
) -> None:
    tokens = OwnToken(api, "xoxb-nobody-knows-it")
    for _ in range(2):
        with pytest.raises(RefusedError, match="Slack does not know the token") as refused:
            await tokens.of(scene.team.id)
        assert refused.value.pause
    assert slack.violations == []


async def test_where_slack_cannot_be_reached_nothing_is_refused() -> None:
    api = Api("http://127.0.0.1:9", timeout=timedelta(seconds=2))
    with pytest.raises(NotAcceptedError, match="cannot be reached"):
        await OwnToken(api, "xoxb-1").of("T1")
    await api.aclose()


async def installed(store: Store, slack: SlackServer, scene: Scene, clock: FakeClock) -> Credentials:
    slack.world.rotation = True
    token = slack.world.install(scene.team, ("chat:write",), expires_in=timedelta(hours=12))
    credentials = Credentials(
        token=Hidden(token.value),
        bot_user=token.bot_user,
        scopes=token.scopes,
        refresh_token=Hidden(token.refresh or ""),
        expires_at=token.expires,
    )
    await store.installations.put(
        Installation(
            surface=SURFACE,
            tenant=scene.team.id,
            name=scene.team.name,
            secret=credentials.to_secret(),
            installed_by=scene.maya.id,
            installed_at=clock.now(),
            state_at=clock.now(),
        )
    )
    return credentials


def tokens_of(api: Api, store: Store, clock: FakeClock, *, leased: bool = True) -> InstalledTokens:
    lease = always if leased else never
    return InstalledTokens(
        api, store.installations, clock, lease, client_id=CLIENT_ID, client_secret=CLIENT_SECRET
    )


async def test_an_installations_token_is_renewed_before_it_ends(
    api: Api, store: Store, slack: SlackServer, scene: Scene, clock: FakeClock
) -> None:
    first = await installed(store, slack, scene, clock)
    tokens = tokens_of(api, store, clock)
    assert (await tokens.of(scene.team.id)).token == first.token
    clock.advance(timedelta(hours=11))
    elsewhere = await tokens_of(api, store, clock, leased=False).of(scene.team.id)
    assert elsewhere.token == first.token  # another process renews it
    renewed = await tokens.of(scene.team.id)
    assert renewed.token != first.token
    assert renewed.bot_user == first.bot_user
    assert (await tokens_of(api, store, clock).of(scene.team.id)).token == renewed.token  # it was stored
    assert "xox" not in repr(renewed)


async def test_an_installation_whose_renewal_is_refused_is_gone(
    api: Api, store: Store, slack: SlackServer, scene: Scene, clock: FakeClock
) -> None:
    await installed(store, slack, scene, clock)
    stored = await store.installations.get(SURFACE, scene.team.id)
    assert stored is not None
    broken = Credentials.from_secret(stored.secret)
    broken = Credentials(
        broken.token, broken.bot_user, broken.scopes, Hidden("xoxe-1-spent"), broken.expires_at
    )
    await store.installations.put(
        Installation(
            surface=SURFACE,
            tenant=scene.team.id,
            name="Acme",
            secret=broken.to_secret(),
            installed_by="U1",
            installed_at=clock.now(),
            state_at=clock.now(),
        )
    )
    clock.advance(timedelta(hours=11))
    with pytest.raises(RefusedError):
        await tokens_of(api, store, clock).of(scene.team.id)
    gone = await store.installations.get(SURFACE, scene.team.id)
    assert gone is not None
    assert gone.state is InstallationState.GONE
    with pytest.raises(RefusedError, match="Install it again") as refused:
        await tokens_of(api, store, clock).of(scene.team.id)
    assert refused.value.pause


async def test_nothing_speaks_where_nobody_installed_the_bot(
    api: Api, store: Store, clock: FakeClock
) -> None:
    with pytest.raises(RefusedError, match="Install it again"):
        await tokens_of(api, store, clock).of("T404")
