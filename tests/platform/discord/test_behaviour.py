"""How answers come: in time, once, whole; and how one that fails takes no other along."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from structlog.testing import capture_logs

from adapters.discord.replies import PATIENCE
from bot.commands.model import Actor, Command, Place, Reply, Update
from bot.commands.ports import Surface
from bot.commands.service import Commands
from bot.commands.services import Services
from bot.commands.view import note, say
from tests.clocks import StillClock
from tests.platform.discord.discord_bot import DiscordBot, Scene, discord_bot, text_of
from tests.servers.discord.faults import Status
from tests.servers.discord.interaction_state import Callback
from tests.servers.discord.server import DiscordServer

T = TypeVar("T")

CALLBACK = ("POST", "/interactions/{interaction_id}/{interaction_token}/callback")


class Held(Commands):
    """Commands that answer when the test lets them."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.let = asyncio.Event()
        self.begun = asyncio.Event()

    async def _told(self, answer: Awaitable[Reply], what: str) -> Reply:
        self.begun.set()
        await self.let.wait()
        return await super()._told(answer, what)


class Talkative(Commands):
    """Commands that answer more than one message can hold."""

    async def call(
        self, command: Command, values: object, actor: Actor, place: Place, surface: Surface
    ) -> Reply:
        del command, values, actor, place, surface
        return say("Here is all.", *(note(f"{number} {'word ' * 500}") for number in range(4)))


class Broken(Commands):
    """Commands with a bug in them that repeats what was typed."""

    async def call(
        self, command: Command, values: object, actor: Actor, place: Place, surface: Surface
    ) -> Reply:
        del command, actor, place, surface
        raise RuntimeError(str(values))


class Growing(Commands):
    """Commands whose answers have more to come."""

    async def call(
        self, command: Command, values: object, actor: Actor, place: Place, surface: Surface
    ) -> Reply:
        del command, values, actor, place, surface
        first = say("One paper.")

        async def later() -> AsyncGenerator[Update]:
            for text in ("Two papers.", "Three papers."):
                yield Update(whole=say(text).doc, news=None)

        return Reply(doc=first.doc, later=later)


@asynccontextmanager
async def held_bot(server: DiscordServer, clock: StillClock, folder: Path) -> AsyncIterator[Held]:
    """The bot, and its commands in hand."""
    made: list[Held] = []

    def commands(services: Services) -> Commands:
        made.append(Held(services))
        return made[0]

    async with discord_bot(server, clock, folder, commands):
        try:
            yield made[0]
        finally:
            made[0].let.set()


async def test_what_takes_long_is_promised_in_time_and_given_later(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with held_bot(server, clock, tmp_path / "home") as held:
        asked = [
            await server.command(
                "papers search", {"query": "attention"}, user=scene.reader, channel=scene.channel
            )
            for _ in range(20)
        ]
        for one in asked:
            clock.set(clock.now() + PATIENCE)
            assert await waited(clock, one.callback()) is Callback.DEFERRED_MESSAGE
            assert one.private
        held.let.set()
        for one in asked:
            assert "Attention in Small Places" in text_of(await one.message())


async def test_what_discord_may_take_its_time_for_is_promised_at_once(
    server: DiscordServer, scene: Scene, bot: DiscordBot
) -> None:
    """Whoever subscribes needs an open direct message; no time passes here."""
    values = {"query": "speech tables", "at": "9:00"}
    asked = await server.command("papers subscribe", values, user=scene.reader, channel=scene.channel)
    assert await asked.callback() is Callback.DEFERRED_MESSAGE
    assert asked.private
    assert "You are subscribed" in text_of(await asked.message())
    again = await server.command("papers subscribe", values, user=scene.reader, channel=scene.channel)
    assert await again.callback() is Callback.MESSAGE  # it is open now
    assert "already" in text_of(await again.message())


async def test_the_form_of_somebody_who_is_known_opens_without_a_word_with_discord(
    server: DiscordServer, scene: Scene, bot: DiscordBot
) -> None:
    """It would come too late to be a form, once Discord was told that it takes a while."""
    zone = {"zone": "Europe/Berlin"}
    known = await server.command("papers settings", zone, user=scene.reader, channel=scene.channel)
    assert text_of(await known.message())
    asked = await server.command("papers subscribe", user=scene.reader, channel=scene.channel)
    assert (await asked.modal()).form
    assert not server.called("POST", "/users/@me/channels")


async def waited(clock: StillClock, answer: Coroutine[Any, Any, T]) -> T:
    """The answer, while time passes."""
    task = asyncio.ensure_future(answer)
    while not task.done():
        clock.set(clock.now() + PATIENCE)
        await asyncio.wait({task}, timeout=0.01)
    return task.result()


async def test_a_press_that_takes_long_is_promised_too(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with held_bot(server, clock, tmp_path / "home") as held:
        held.let.set()
        asked = await server.command(
            "papers-channel add", {"at": "9:00"}, user=scene.keeper, channel=scene.channel
        )
        answer = await asked.message()
        held.let.clear()
        pressed = await server.press(answer, "Show what it would be", user=scene.keeper)
        assert await waited(clock, pressed.callback()) is Callback.DEFERRED_MESSAGE
        held.let.set()
        assert text_of(await pressed.message())


async def test_a_form_that_comes_too_late_can_be_opened_by_a_button(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with held_bot(server, clock, tmp_path / "home") as held:
        asked = await server.command(
            "papers subscribe", {"at": "7:30"}, user=scene.reader, channel=scene.channel
        )
        assert await waited(clock, asked.callback()) is Callback.DEFERRED_MESSAGE
        held.let.set()
        told = await asked.message()
        assert "/papers subscribe" in text_of(told)
        opened = await server.press(told, "Open the form", user=scene.reader)
        form = (await opened.modal()).form
        shown = {one["label"]: one["component"].get("value") for one in form["components"]}
        assert shown["Time"] == "7:30"


async def test_a_long_answer_goes_on_in_further_messages(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with discord_bot(server, clock, tmp_path / "home", Talkative):
        asked = await server.command("papers today", user=scene.reader, channel=scene.channel)
        first = await asked.message()
        assert text_of(first).startswith("Here is all.")
        second = await asked.followup()
        assert "word" in text_of(second)
    told = " ".join(text_of(one) for one in asked.interaction.messages)
    assert [number for number in range(4) if f"{number} word" in told] == [0, 1, 2, 3]
    assert scene.channel.messages == {}, "all of it is private"


async def test_what_comes_behind_an_answer_is_shown_in_its_place(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with discord_bot(server, clock, tmp_path / "home", Growing):
        asked = await server.command("papers today", user=scene.reader, channel=scene.channel)
        assert text_of(await asked.edited(2)) == "Three papers."


async def test_a_bug_is_told_and_logged_without_what_was_typed(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with discord_bot(server, clock, tmp_path / "home", Broken):
        with capture_logs() as logs:
            asked = await server.command(
                "papers search", {"query": "zebra"}, user=scene.reader, channel=scene.channel
            )
            assert "Something went wrong" in text_of(await asked.message())
        assert asked.private
    (told,) = [one for one in logs if one["log_level"] == "error"]
    assert "zebra" not in str(told)
    assert told["error"] == "RuntimeError"


async def test_what_comes_too_late_is_logged_and_others_are_answered(bot: DiscordBot, scene: Scene) -> None:
    bot.server.expect(10062)
    with capture_logs() as logs:
        late = await bot.server.command("papers today", user=scene.reader, channel=scene.channel, late=True)
        late.expect_silence()
        asked = await bot.server.command("papers today", user=scene.reader, channel=scene.channel)
        assert text_of(await asked.message())
        await bot.server.until(lambda: any(one.code == 10062 for one in bot.server.calls))
        await bot.discord.finish()
    assert [(one["event"], one["code"]) for one in logs if "code" in one] == [
        ("An answer came too late for Discord.", 10062)
    ]


async def test_an_answer_that_discord_refuses_is_told_in_a_sentence(bot: DiscordBot, scene: Scene) -> None:
    bot.server.expect(400)
    bot.server.script.add(*CALLBACK, Status(400))
    asked = await bot.server.command("papers today", user=scene.reader, channel=scene.channel)
    assert "Discord did not take the answer" in text_of(await asked.message())


async def test_answers_wait_while_discord_limits_the_rate(bot: DiscordBot, scene: Scene) -> None:
    asked = [
        await bot.server.command("papers today", user=scene.reader, channel=scene.channel) for _ in range(30)
    ]
    for one in asked:
        assert text_of(await one.message())


async def test_a_problem_that_a_command_tells_is_its_answer(bot: DiscordBot, scene: Scene) -> None:
    asked = await bot.server.command(
        "papers search", {"query": "sort:sideways"}, user=scene.reader, channel=scene.channel
    )
    assert "sort:" in text_of(await asked.message())
