"""Slack on loopback, for tests with the real slack_sdk and slack-bolt."""

from tests.servers.slack.scene import BASE, RECHECK, Scene, workspace
from tests.servers.slack.server import SlackServer

__all__ = ["BASE", "RECHECK", "Scene", "SlackServer", "workspace"]
