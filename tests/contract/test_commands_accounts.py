"""One person with accounts on several surfaces, by commands."""

import re
from dataclasses import replace

import pytest

from bot.commands.model import Actor, Place
from bot.model import Route
from bot.people.codes import code_digest, new_code, read_code
from bot.people.model import Identity
from bot.people.tombstone import tombstone
from tests.contract.commands import ADA, BEN, GUEST, KEY, NOW, Room, World, buttons_of, text_of, titles_of
from tests.contract.rows import MINUTE

AT_HOME = Actor(identity=Identity("discord", "", "4711"), name="ada#1")
DISCORD = Place(surface="discord", tenant="", address=None, name="direct message", direct=True)


async def direct(identity: Identity) -> Route | None:
    """Everybody of every surface can be reached."""
    return Route(surface=identity.surface, address=f"{identity.tenant}/D-{identity.user}")


@pytest.fixture
def home(world: World) -> World:
    """The same bot as Discord has it."""
    world.services = replace(world.services, direct=direct)
    return replace(world, room=Room("discord"))


async def code_of(world: World, actor: Actor = ADA) -> str:
    found = re.search(r"code: `([\w-]+)`", text_of(await world.run("account link", actor)))
    assert found is not None
    return found[1]


async def at_home(home: World, text: str) -> str:
    return text_of(await home.run(text, AT_HOME, DISCORD))


async def linked(world: World, home: World) -> None:
    code = await code_of(world)
    asked = await home.run(f"account link {code.lower().replace('-', ' ')}", AT_HOME, DISCORD)
    assert "This code is of “Ada” on Slack." in text_of(asked)
    done = await home.press(buttons_of(asked)["Both are mine: link them"], AT_HOME, DISCORD)
    assert "Linked: you are one person on Discord and Slack" in text_of(done)


async def test_a_code_typed_elsewhere_makes_one_person(world: World, home: World) -> None:
    await world.run("save 2511.00001")
    await world.run("subscribe attention")
    await home.run("save 2511.00002", AT_HOME, DISCORD)

    await linked(world, home)

    assert sorted(titles_of(await home.run("saved", AT_HOME, DISCORD))) == [
        "Attention in Small Places",
        "Low-Rank Adapters for Maps",
    ]
    assert "1. attention" in await at_home(home, "subscriptions")
    assert "You are known on Discord and Slack." in text_of(await world.run("settings"))
    changed = await at_home(home, "subscription edit 1 route=here,slack")
    assert "by direct message on Discord, else by direct message on Slack" in changed


async def test_nothing_is_linked_before_the_question_is_answered(world: World, home: World) -> None:
    code = await code_of(world)

    await home.run(f"account link {code}", AT_HOME, DISCORD)

    assert await world.store.people.find(AT_HOME.identity) is None
    assert "“Ada”" in await at_home(home, f"account link {code}"), "asking does not use it up"


async def test_a_code_runs_out_and_serves_once(world: World, home: World) -> None:
    late = await code_of(world)
    world.clock.set(NOW + 10 * MINUTE)
    assert "That code is not good, or not any more" in await at_home(home, f"account link {late}")

    code = await code_of(world)
    assert "That is your own code." in text_of(await world.run(f"account link {code}"))
    asked = await home.run(f"account link {code}", AT_HOME, DISCORD)
    await home.press(buttons_of(asked)["Both are mine: link them"], AT_HOME, DISCORD)
    assert "not any more" in text_of(await home.run(f"account link {code}", BEN))


async def test_two_accounts_of_one_surface_are_told_why_not(world: World) -> None:
    asked = await world.run(f"account link {await code_of(world)}", BEN)
    answer = await world.press(buttons_of(asked)["Both are mine: link them"], BEN)
    assert "Both have an account on Slack" in text_of(answer)


async def test_a_guest_links_nothing(world: World, home: World) -> None:
    assert "for members of the organisation" in text_of(await world.run("account link", GUEST))
    assert await world.store.people.find(GUEST.identity) is None


async def test_an_account_is_taken_away_after_a_question_that_says_what_ends(
    world: World, home: World
) -> None:
    await home.run("subscribe robots", AT_HOME, DISCORD)
    await linked(world, home)

    assert "Name discord or slack." in text_of(await world.run("account unlink teams"))
    asked = await world.run("account unlink discord")
    assert "1 subscription that comes nowhere else ends with it." in text_of(asked)
    assert "You have 1 subscription" in text_of(await world.run("subscriptions"))
    await world.press(buttons_of(asked)["Unlink Discord"])

    assert "You have no subscriptions." in text_of(await world.run("subscriptions"))
    assert await world.store.people.find(AT_HOME.identity) is None


async def test_forgetting_leaves_a_tombstone_of_every_account(world: World, home: World) -> None:
    await linked(world, home)

    asked = await home.run("forget-me", AT_HOME, DISCORD)
    await home.press(buttons_of(asked)["Delete all that is stored of me"], AT_HOME, DISCORD)

    assert set(await world.store.people.tombstones()) == {
        tombstone(KEY, ADA.identity),
        tombstone(KEY, AT_HOME.identity),
    }
    assert await world.store.people.accounts() == []


# --- codes ---------------------------------------------------------------------------------------


def test_a_code_is_read_however_it_was_divided() -> None:
    code = new_code(KEY, "a seed")

    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", code)
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " \u2013 ")):
        assert read_code(typed) == code
    for other in ("", "attention", code[:-1], code + "2", "AAAA-AAA0", "ИИИИ-ИИИИ"):
        assert read_code(other) is None


def test_neither_seed_nor_digest_gives_a_code_away() -> None:
    code = new_code(KEY, "a seed")

    assert new_code(b"another key", "a seed") != code != new_code(KEY, "another seed")
    assert code_digest(KEY, code) != code_digest(b"another key", code)
    assert code not in code_digest(KEY, code)
