"""`auth.*`, `oauth.v2.access` and the page where somebody allows the app: how tokens come and go."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from tests.servers.slack.api import Call, SlackError, method
from tests.servers.slack.paging import page_of
from tests.servers.slack.state import APP_ID, Body, Consent, Enterprise, Team, Token, User
from tests.servers.slack.world import World

CLIENT_ID: Final = "111.222"
CLIENT_SECRET: Final = "client-secret-of-the-loopback"
CODE_LIFE: Final = timedelta(minutes=10)
TOKEN_LIFE: Final = timedelta(hours=12)


def consent(
    world: World, *, where: Team | Enterprise, user: User, scopes: Iterable[str], redirect: str
) -> str:
    """Somebody allows the app; gives the code."""
    code = world.new_id("code-")
    world.consents[code] = Consent(
        where=where, user=user, scopes=tuple(scopes), redirect=redirect, until=world.now() + CODE_LIFE
    )
    return code


@method("oauth.v2.access", token="none")
def access(call: Call) -> Body:
    _know(call)
    grant = call.arguments.get("grant_type", "authorization_code")
    if grant == "refresh_token":
        return _refresh(call)
    if grant != "authorization_code":
        raise SlackError("invalid_grant_type")
    allowed = call.world.consents.pop(str(call.arguments.get("code")), None)
    if allowed is None or allowed.until <= call.world.now():
        raise SlackError("invalid_code")
    if call.arguments.get("redirect_uri", allowed.redirect) != allowed.redirect:
        raise SlackError("bad_redirect_uri")
    life = TOKEN_LIFE if call.world.rotation else None
    token = call.world.install(allowed.where, allowed.scopes, expires_in=life)
    return _granted(token, allowed.user.id)


@method("auth.teams.list")
def teams(call: Call) -> Body:
    found = [{"id": one.id, "name": one.name} for one in call.world.teams.values() if call.bot.reaches(one)]
    page, cursor = page_of(call, found)
    return {"teams": page, "response_metadata": {"next_cursor": cursor}}


@method("auth.test")
def auth_test(call: Call) -> Body:
    token = call.bot
    team = token.team or next(team for team in call.world.teams.values() if token.reaches(team))
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": "paperboy",
        "team_id": team.id,
        "user_id": token.bot_user,
        "bot_id": token.bot_id,
        **({"enterprise_id": token.enterprise.id} if token.enterprise else {}),
        "is_enterprise_install": token.team is None,
    }


@method("auth.revoke")
def revoke(call: Call) -> Body:
    if not call.arguments.get("test"):
        call.bot.trouble = "token_revoked"
    return {"revoked": not call.arguments.get("test")}


@method("apps.uninstall")
def uninstall(call: Call) -> Body:
    _know(call)
    where = call.bot.team or call.bot.enterprise
    assert where is not None, "A bot's token has an owner."
    call.world.revoke(where)
    return {}


def _know(call: Call) -> None:
    """Raises what Slack says to a client that is not this app."""
    if call.client is None or call.client[0] != CLIENT_ID:
        raise SlackError("invalid_client_id")
    if call.client[1] != CLIENT_SECRET:
        raise SlackError("bad_client_secret")


def _refresh(call: Call) -> Body:
    wanted = call.arguments.get("refresh_token")
    known = (one for one in call.world.tokens.values() if one.refresh is not None)
    old = next((one for one in known if one.refresh == wanted), None)
    if old is None or old.trouble is not None:
        raise SlackError("invalid_refresh_token")
    old.refresh = None  # each serves once
    where = old.team or old.enterprise
    assert where is not None, "Only an installation's token can be refreshed."
    return _granted(call.world.install(where, old.scopes, expires_in=TOKEN_LIFE), None)


def _granted(token: Token, user: str | None) -> Body:
    """A token with all that Slack tells of it."""
    assert token.enterprise or token.team
    granted: Body = {
        "access_token": token.value,
        "token_type": "bot",
        "scope": ",".join(sorted(token.scopes)),
        "bot_user_id": token.bot_user,
        "app_id": APP_ID,
        "team": {"id": token.team.id, "name": token.team.name} if token.team else None,
        "enterprise": {"id": token.enterprise.id, "name": token.enterprise.name}
        if token.enterprise
        else None,
        "is_enterprise_install": token.team is None,
    }
    if user is not None:
        granted["authed_user"] = {"id": user}
    if token.refresh is not None:
        granted |= {"refresh_token": token.refresh, "expires_in": int(TOKEN_LIFE.total_seconds())}
    return granted
