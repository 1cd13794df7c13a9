"""Queries that no button of Discord's can carry: every button is there all the same, and works for weeks."""

from datetime import timedelta
from pathlib import Path

from adapters.discord.long_actions import KEPT_FOR
from bot.commands.values import LONGEST_QUERY
from storage.sqlite.engine import Engine
from tests.clocks import StillClock
from tests.contract.commands import NOW, buttons_of
from tests.platform.discord.discord_bot import DiscordBot, Scene, actions_of, discord_bot, text_of
from tests.servers.discord.message_rules import every
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Body, Message

# Two pages of papers, and almost as long as a query may be.
QUERY = " ".join(["morning", *(f'-"zebra crossing number {number}"' for number in range(10, 42))])
ROLES_WAKE = timedelta(hours=6)


async def searched(bot: DiscordBot, scene: Scene) -> Message:
    asked = await bot.server.command(
        "papers search", {"query": QUERY}, user=scene.reader, channel=scene.channel
    )
    return await asked.message()


def filled_in(form: Body) -> dict[str, str]:
    """What stands in the texts of a form as it opens, by its options."""
    return {
        one["custom_id"]: one.get("value", "") for _, one in every(form["components"]) if one["type"] == 4
    }


async def kept(folder: Path) -> list[tuple[str, str, int]]:
    """What the store holds for buttons."""
    engine = Engine(folder / "paperboy.db")
    await engine.open()
    try:
        return await engine.read(lambda db: db.execute("SELECT * FROM actions").fetchall())
    finally:
        await engine.close()


async def test_an_answer_has_every_button_that_it_has_anywhere(bot: DiscordBot, scene: Scene) -> None:
    assert 900 < len(QUERY) <= LONGEST_QUERY
    answer = await searched(bot, scene)
    elsewhere = buttons_of(await bot.world.run(f"search {QUERY}"))
    assert set(elsewhere) == {"Next page", "Share with all here", "Subscribe to it"}
    assert elsewhere.keys() <= actions_of(answer).keys()


async def test_its_buttons_work_after_a_restart_and_weeks_later(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        answer = await searched(bot, scene)
    clock.set(NOW + KEPT_FOR - timedelta(days=1))
    async with discord_bot(server, clock, tmp_path / "home") as bot:
        pressed = await bot.server.press(answer, "Next page", user=scene.reader)
        page = await pressed.message()
        assert "6. " in text_of(page)
        assert pressed.private
        opened = await bot.server.press(answer, "Subscribe to it", user=scene.reader)
        modal = await opened.modal()
        assert filled_in(modal.form)["query"] == QUERY
        shared = await bot.server.press(answer, "Share with all here", user=scene.reader)
        assert "Shared by ben" in text_of(await shared.message())


async def test_it_is_kept_unreadable_and_not_for_good(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    folder = tmp_path / "home"
    async with discord_bot(server, clock, folder) as bot:
        answer = await searched(bot, scene)
        again = await searched(bot, scene)
        assert actions_of(again) == actions_of(answer)
        rows = await kept(folder)
        assert len(rows) == 3, "an answer that is made again keeps nothing twice"
        carried = {one.rpartition("~")[2] for one in actions_of(answer).values() if "~" in one}
        assert len(carried) == 3
        told = "\n".join(f"{name} {text}" for name, text, _ in rows)
        assert not any(word in told for word in ("zebra", scene.reader.id, *carried))

        clock.set(NOW + KEPT_FOR + ROLES_WAKE)

        async def gone() -> bool:
            return await bot.store.actions.kept(rows[0][0]) is None

        assert await bot.until(gone)
        pressed = await bot.server.press(answer, "Next page", user=scene.reader)
        assert "Type the command anew" in text_of(await pressed.message())


async def test_a_mistake_in_a_form_loses_nothing_of_a_long_query(bot: DiscordBot, scene: Scene) -> None:
    answer = await searched(bot, scene)
    opened = await bot.server.press(answer, "Subscribe to it", user=scene.reader)
    submitted = await bot.server.submit(await opened.modal(), {"at": "25:00"})
    again = await bot.server.press(await submitted.message(), "Correct it", user=scene.reader)
    modal = await again.modal()
    assert filled_in(modal.form) | {"zone": ""} == {"query": QUERY, "at": "25:00", "zone": ""}
    done = await bot.server.submit(modal, {"at": "9:00"})
    assert "You are subscribed to" in text_of(await done.message())
