"""Nothing that people type, and nobody's name, becomes a mention, a link or markup in what others see."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.clocks import StillClock
from tests.contract.commands import NOW
from tests.platform.slack_bot import slack_bot
from tests.servers.slack import BASE, SlackServer, workspace
from tests.servers.slack.state import Body
from tests.slack_reading import glyphs_of

PIECES = (
    "<!channel>",
    "<!here|x>",
    "<@U1>",
    "<#C1|general>",
    "<https://evil.example|arXiv>",
    "https://evil.example/a",
    "*bold*",
    "_it_",
    "~gone~",
    "`code`",
    ":tada:",
    "&lt;!channel&gt;",
    "> quoted",
    "\n",
    "\u202e",
    "|",
    "{name}",
    '"',
    "zebra",
    "大",
)
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map(" ".join)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE, HOSTILE)
@example("<!channel> *x* zebra", "<@U1> `maya` <https://evil.example|arXiv>", "&lt;!here&gt; _p_ :tada:")
@example("\u202e > quoted", "*", "<#C1|general>")
def test_nothing_is_smuggled_in(query: str, person: str, channel: str) -> None:
    asyncio.run(converse(query, person, channel))


async def converse(query: str, person: str, channel: str) -> None:
    clock = StillClock(NOW)
    with tempfile.TemporaryDirectory() as folder:
        async with SlackServer(clock.now) as slack:
            scene = workspace(slack, (*BASE, "users:read"))
            scene.maya.name = person
            scene.channel.name = channel
            async with slack_bot(slack, scene, clock, Path(folder), slack_packs="people") as bot:
                for text in (
                    query,
                    f"search {query} attention",
                    f"trending day {query}",
                    f"export {query}",
                    f"subscribe {query} rain",
                    "subscriptions",
                    "channel add at=9:00",
                    f"channel edit filter='{query}'",
                    "channel show",
                    "status",
                    "settings",
                    f"help {query}",
                ):
                    await slack.command("/papers", text, user=scene.maya, channel=scene.channel)
                    await bot.slack.aclose()
                found = await slack.command("/papers", "attention", user=scene.maya, channel=scene.channel)
                await slack.press(await found.message(), "Share with all here", user=scene.maya)
                await slack.open_home(scene.maya)
                await bot.slack.aclose()
            check(slack)


def check(slack: SlackServer) -> None:
    """All that was shown, however Slack might read it."""
    shown = [one.message.content for one in slack.world.log if one.message is not None]
    shown += [one.view.content for one in slack.world.log if one.view is not None]
    assert len(shown) > 10
    for content in shown:
        blocks = [block for block in content.get("blocks") or [] if block["type"] != "input"]
        links = {glyph.url for glyph in glyphs_of(blocks)} - {None}
        assert not any("evil" in str(link) for link in links)
        assert not set("<>") & set(str(content.get("text") or ""))
        assert not any(one.get("emoji") for one in plain_texts(content))


def plain_texts(value: object) -> list[Body]:
    if isinstance(value, dict):
        own = [value] if value.get("type") == "plain_text" else []
        return own + [text for inner in value.values() for text in plain_texts(inner)]
    return [text for inner in value for text in plain_texts(inner)] if isinstance(value, list) else []
