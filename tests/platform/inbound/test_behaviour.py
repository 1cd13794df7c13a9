"""How answers come: at once, once, whole, and by another way where one fails."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.commands.model import Actor, Call, Command, Place, Reply
from bot.commands.ports import Surface
from bot.commands.service import Commands
from bot.commands.services import Services
from bot.commands.view import note, say
from bot.people.model import Identity
from tests.clocks import StillClock
from tests.platform.slack_bot import SlackBot, Transport, slack_bot, text_of
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.controls import controls
from tests.servers.slack.faults import RateLimited, Status
from tests.servers.slack.http_mode import Signature
from tests.servers.slack.respond import MOST_USES


class Held(Commands):
    """Commands that answer when the test lets them."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.let = asyncio.Event()
        self.calls = 0

    async def _handle(self, call: Call, surface: Surface) -> Reply:
        self.calls += 1
        await self.let.wait()
        return await super()._handle(call, surface)


class Talkative(Commands):
    """Commands that answer more than one message can hold."""

    lines = 12  # of 2,500 characters

    async def run(self, text: str, actor: Actor, place: Place, surface: Surface) -> Reply:
        del text, actor, place, surface
        lines = [note(f"{number} {'word ' * 500}") for number in range(self.lines)]
        return say("Here is all.", *lines)


class Broken(Commands):
    """Commands with a bug in them that repeats what was typed."""

    async def run(self, text: str, actor: Actor, place: Place, surface: Surface) -> Reply:
        del actor, place, surface
        raise RuntimeError(text)


async def test_what_takes_long_does_not_hold_the_acknowledgement(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, transport: Transport
) -> None:
    held: list[Held] = []

    def made(services: Services) -> Commands:
        held.append(Held(services))
        return held[0]

    async with slack_bot(slack, scene, clock, tmp_path, transport, commands=made):
        asked = [
            await slack.command("/papers", "attention", user=scene.maya, channel=scene.channel)
            for _ in range(20)
        ]
        assert all(one.acknowledged for one in asked)
        assert max(one.seconds for one in asked) < 3
        assert all(one.seen("private") == [] for one in asked)
        held[0].let.set()
        for one in asked:
            await one.message()
        assert held[0].calls == len(asked)


async def test_what_comes_twice_is_answered_once(bot: SlackBot) -> None:
    slack, maya, channel = bot.server, bot.scene.maya, bot.scene.channel
    command = await slack.command("/papers", "attention", user=maya, channel=channel)
    answer = await command.message()
    press = await slack.press(answer, "save:arxiv:2511.00001", user=maya)
    await press.message()
    home = await slack.open_home(maya)
    await home.view("home")
    for attempt in (1, 2):
        for one in (command, press, home):
            assert (await slack.redeliver(one, attempt=attempt)).acknowledged
    last = await slack.command("/papers", "adapters", user=maya, channel=channel)
    await last.message()
    assert len(command.seen("private")) == 1
    assert len(press.seen("private")) == 1
    assert len(home.seen("home")) == 1


async def test_a_form_that_comes_twice_is_handled_once_and_answered_alike(bot: SlackBot) -> None:
    slack, maya = bot.server, bot.scene.maya
    form = await (await slack.command("/papers", "subscribe", user=maya, channel=bot.scene.channel)).view()
    sent = await slack.submit(form, {"query": "attention"}, user=maya)
    again = await slack.redeliver(sent)
    assert again.said == sent.said
    person = await bot.store.people.find(Identity("slack", bot.scene.team.id, maya.id))
    assert person is not None
    assert len(await bot.store.people.subscriptions(person.recipient_id)) == 1


async def test_an_answer_goes_on_in_further_messages(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with slack_bot(slack, scene, clock, tmp_path, commands=Talkative) as bot:
        asked = await slack.command("/papers", "today", user=scene.maya, channel=scene.channel)
        assert asked.link is not None
        await bot.slack.finish()
        assert 1 < asked.link.uses <= MOST_USES
        whole = " ".join(text_of(one.message) for one in asked.seen("private") if one.message)
        assert whole.count("word") == 500 * Talkative.lines  # no word is lost


async def test_where_the_address_is_used_up_the_person_sees_the_answer_all_the_same(
    on_socket: SlackBot, clock: StillClock
) -> None:
    slack, maya, channel = on_socket.server, on_socket.scene.maya, on_socket.scene.channel
    answer = await (await slack.command("/papers", "attention", user=maya, channel=channel)).message()
    slack.world.dead_links = True
    await slack.press(answer, "why:arxiv:2511.00001", user=maya)
    await slack.until(lambda: slack.called("chat.postEphemeral"))
    (fallen,) = [one for one in channel.seen_by(maya) if "place 1 of 7" in text_of(one)]
    assert fallen.only_for == maya.id
    share = await slack.press(answer, "Share with all here", user=maya)
    await slack.until(lambda: [one for one in channel.seen_by(maya) if "nothing was shared" in one.text])
    assert share.seen("public") == []


async def test_where_no_way_is_left_it_is_logged_without_what_was_typed(
    on_socket: SlackBot,
) -> None:
    slack, maya, channel = on_socket.server, on_socket.scene.maya, on_socket.scene.channel
    channel.members.discard(on_socket.scene.token.bot_user)  # so that nothing can be posted there
    slack.world.dead_links = True
    with capture_logs() as logs:
        await slack.command("/papers", "zebra", user=maya, channel=channel)
        await slack.until(lambda: slack.called("chat.postEphemeral"))
        await on_socket.slack.finish()
    assert [one["event"] for one in logs] == ["An answer could not be given in Slack."]
    assert "zebra" not in str(logs)


async def test_a_bug_is_logged_without_what_was_typed(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with slack_bot(slack, scene, clock, tmp_path, commands=Broken) as bot:
        with capture_logs() as logs:
            asked = await slack.command("/papers", "zebra", user=scene.maya, channel=scene.channel)
            assert asked.acknowledged
            await bot.slack.finish()
        assert [(one["log_level"], one["error"]) for one in logs] == [("error", "RuntimeError")]
        assert "zebra" not in str(logs)


async def test_a_form_for_which_slack_cannot_wait_says_so_and_then_shows_the_answer(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, transport: Transport
) -> None:
    held: list[Held] = []

    def made(services: Services) -> Commands:
        held.append(Held(services))
        return held[0]

    async with slack_bot(slack, scene, clock, tmp_path, transport, commands=made):
        form = await (
            await slack.command("/papers", "subscribe", user=scene.maya, channel=scene.channel)
        ).view()
        sent = await slack.submit(form, {"query": "attention"}, user=scene.maya)
        assert sent.seconds < 3
        assert "One moment" in text_of(await sent.view())
        held[0].let.set()
        assert "You are subscribed" in text_of(await sent.view(nth=1))


class Wrong(Held):
    """Takes its time, and then finds something wrong with the form."""

    async def submit(
        self,
        command: Command,
        values: Mapping[str, str],
        subject: str,
        actor: Actor,
        place: Place,
        surface: Surface,
    ) -> Reply | Mapping[str, str]:
        await self.let.wait()
        return await super().submit(command, values, subject, actor, place, surface)


async def test_a_late_form_that_is_wrong_comes_back_as_it_was_filled_in(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    held: list[Wrong] = []

    def made(services: Services) -> Commands:
        held.append(Wrong(services))
        return held[0]

    async with slack_bot(slack, scene, clock, tmp_path, commands=made):
        form = await (
            await slack.command("/papers", "subscribe", user=scene.maya, channel=scene.channel)
        ).view()
        sent = await slack.submit(form, {"query": "after:zebra", "max": "7"}, user=scene.maya)
        assert "One moment" in text_of(await sent.view())
        held[0].let.set()
        back = await sent.view(nth=1)
        assert "Query: " in text_of(back)
        inputs = {one.block["block_id"]: one.element for one in controls(back.blocks)}
        assert inputs["query"]["initial_value"] == "after:zebra"
        assert inputs["max"]["initial_value"] == "7"
        mended = await slack.submit(back, {"query": "attention"}, user=scene.maya)
        assert "You are subscribed" in text_of(await mended.view())


@pytest.mark.parametrize("late", [True, False], ids=["too late", "out of order"])
async def test_where_a_form_cannot_open_the_answer_says_what_to_type(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, late: bool
) -> None:
    async with slack_bot(slack, scene, clock, tmp_path, slack_managers=[scene.maya.id]) as bot:
        slack.world.late_triggers = late
        if not late:
            slack.script.add("views.open", Status(500, accepts=False))
        asked = await slack.command("/papers", "channel add", user=scene.maya, channel=scene.channel)
        assert "/papers channel add at=9:00" in text_of(await asked.message())
        assert asked.seen("view") == []
        assert await bot.store.destinations.list() == []


async def test_slack_asking_for_patience_delays_an_app_home_and_no_more(on_socket: SlackBot) -> None:
    slack = on_socket.server
    slack.script.add("views.publish", RateLimited(1))
    home = await (await slack.open_home(on_socket.scene.maya)).view("home")
    assert "Attention in Small Places" in text_of(home)
    slack.script.add("views.publish", RateLimited(1), RateLimited(1))
    with capture_logs() as logs:
        await slack.open_home(on_socket.scene.maya)
        await slack.until(lambda: slack.script.pending == 0)
        await on_socket.slack.finish()
    assert [one["log_level"] for one in logs] == ["warning"]
    again = await slack.open_home(on_socket.scene.maya)
    await again.view("home")


@pytest.mark.parametrize("metadata", ["", "{}", "nonsense", '{"command":"nothing","place":"C1 x"}'])
async def test_a_form_of_another_version_says_so(on_socket: SlackBot, metadata: str) -> None:
    slack, maya = on_socket.server, on_socket.scene.maya
    form = await (await slack.shortcut("search_papers", user=maya)).view()
    form.content = {**form.content, "private_metadata": metadata}
    sent = await slack.submit(form, {"query": "attention"}, user=maya)
    assert "of another version" in text_of(await sent.view())


@pytest.mark.parametrize("signature", [Signature.WRONG, Signature.STALE, Signature.MISSING])
async def test_over_http_nobody_but_slack_is_heard(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, signature: Signature
) -> None:
    clock.set(datetime.now(UTC))  # the library checks signatures by the real clock
    async with slack_bot(slack, scene, clock, tmp_path, "http") as bot:
        asked = await slack.command("/papers", "save 2511.00001", user=scene.maya, channel=scene.channel)
        await asked.message()
        forged = {**asked.payload, "trigger_id": "another", "user_id": "U2"}
        assert slack.http is not None
        answer = await slack.http.send(forged, signature=signature)
        assert answer is not None
        assert answer.status == 401
        await bot.slack.aclose()
        assert [str(one) for one, *_ in await bot.store.people.accounts()] == ["slack:T1/U1"]
