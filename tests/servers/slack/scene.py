"""The workspace in which most tests play."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.servers.slack.server import SlackServer
from tests.servers.slack.state import Channel, Team, Token, User

BASE = ("commands", "chat:write", "im:write")
RECHECK = ("channels:history", "groups:history", "im:history")


@dataclass(frozen=True, slots=True)
class Scene:
    """A workspace with one member, one channel where the app is, and the app's tokens."""

    team: Team
    maya: User
    channel: Channel
    token: Token
    app_token: Token


def workspace(slack: SlackServer, scopes: Iterable[str] = BASE) -> Scene:
    """Acme, where maya (U1) reads #ml-papers (C1)."""
    team = slack.world.add_team()
    maya = slack.world.add_user(team)
    channel = slack.world.add_channel(team, members=[maya])
    return Scene(team, maya, channel, slack.world.install(team, scopes), slack.world.app_token())
