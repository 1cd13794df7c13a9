"""What the loopback Discord refuses because the app could have known: each fails the test that does it."""

from typing import Any

import aiohttp
import discord
import pytest
from discord.http import Route

from tests.clocks import FakeClock
from tests.platform.discord_server.calls import button, error_of, row, select, send, text, v2
from tests.platform.discord_server.conftest import Scene
from tests.servers.discord.api import ROUTES
from tests.servers.discord.command_rules import command_problems
from tests.servers.discord.message_rules import modal_problems
from tests.servers.discord.rest import DiscordRest

LONG = "x" * 1_000


def options(*values: str, **traits: Any) -> list[dict[str, Any]]:
    return [{"label": value, "value": value, **traits} for value in values]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"content": "x" * 2_001}, "2001 characters, at most 2000"),
        ({"content": "x", "colour": 1}, "colour is no field"),
        ({"content": 5}, "not of type 'string'"),
        ({"content": "x", "nonce": "n" * 26}, "nonce"),
        ({"content": "x", "flags": 1 << 6}, "flags 64 cannot be set"),
        ({"embeds": [{"description": LONG * 4}, {"description": LONG * 2, "title": "x"}]}, "6001 characters"),
        ({"embeds": [{"title": "x" * 257}]}, "maxLength 256"),
        ({"embeds": [{"title": "x", "fields": [{"name": "a", "value": " "}]}]}, "empty name or value"),
        ({"embeds": [{"color": 1}]}, "is empty"),
        ({"content": "x", "allowed_mentions": {"parse": ["roles"], "roles": ["1"]}}, "mutually exclusive"),
        ({"content": "x", "components": [row(button("a")), row(button("a"))]}, "'a' stands there 2 times"),
        ({"content": "x", "components": [row(button("c" * 101))]}, "maxLength 100"),
        ({"content": "x", "components": [row(button(label="x" * 81))]}, "maxLength 80"),
        ({"content": "x", "components": [row(button(label=None))]}, "a label or an emoji"),
        ({"content": "x", "components": [row(button(""))]}, "custom_id"),
        ({"content": "x", "components": [row(button(url="https://a.org"))]}, "has custom_id and no other"),
        (
            {"content": "x", "components": [row({"type": 2, "style": 5, "label": "x"})]},
            "has url and no other",
        ),
        (
            {"content": "x", "components": [row({"type": 2, "style": 5, "label": "x", "url": "ftp://a"})]},
            "no scheme that a button may open",
        ),
        ({"content": "x", "components": [row(*(button(str(one)) for one in range(6)))]}, "components/0"),
        ({"content": "x", "components": [row(button(), select())]}, "one select or up to five buttons"),
        ({"content": "x", "components": [row(button(str(one))) for one in range(6)]}, "6 rows, at most 5"),
        ({"content": "x", "components": [text()]}, "needs the flag 32768"),
        ({"content": "x", "components": [button()]}, "is no type of"),
        (v2(row(select(26))), "options"),
        (v2(row(select(0))), "options"),
        (v2(row(select(3, max_values=4))), "4, of 3 options"),
        (v2(row(select(3, min_values=3, max_values=2))), "3 is greater than max_values 2"),
        (v2(row(select(options=options("a", "a")))), "'a' stands there 2 times"),
        (v2(row(select(options=options("a", "b", default=True)))), "2 are chosen already"),
        (v2(row(select(options=options("x" * 101)))), "maxLength 100"),
        (v2(row(select(placeholder="x" * 151))), "maxLength 150"),
        (v2(text(), content="x"), "content cannot stand beside Components V2"),
        (v2(text(), embeds=[{"title": "x"}]), "embeds cannot stand beside Components V2"),
        (v2({"type": 17, "components": [text("x") for _ in range(40)]}), "41 components, at most 40"),
        (v2(text("x" * 3_000), text("x" * 1_001)), "4001 displayed characters, at most 4000"),
        (v2(text("")), "content"),
        (v2({"type": 17, "components": []}), "components"),
        (v2({"type": 9, "components": [text()]}), "accessory"),
        (v2({"type": 9, "components": [text()] * 4, "accessory": button()}), "components"),
        (v2({**text(), "id": 7}, {**text(), "id": 7}), "7 stands there 2 times"),
    ],
)
async def test_a_message_against_the_rules_fails_the_test(
    rest: DiscordRest, scene: Scene, client: discord.Client, body: dict[str, Any], problem: str
) -> None:
    assert await error_of(send(client, scene.papers.id, body)) == (400, 50035)
    assert problem in "\n".join(rest.forgive())
    assert scene.papers.messages == {}


@pytest.mark.parametrize("body", [{"content": " "}, {"flags": 4}, {"embeds": []}, v2()])
async def test_an_empty_message_fails_the_test(
    rest: DiscordRest, scene: Scene, client: discord.Client, body: dict[str, Any]
) -> None:
    assert await error_of(send(client, scene.papers.id, body)) == (400, 50006)
    assert len(rest.forgive()) == 1


async def test_an_edit_cannot_break_what_a_message_is(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    classic = await send(client, scene.papers.id, {"content": "x"})
    modern = await send(client, scene.papers.id, v2(text()))

    def edit(message: dict[str, Any], body: dict[str, Any]) -> Any:
        route = Route("PATCH", f"/channels/{scene.papers.id}/messages/{message['id']}")
        return client.http.request(route, json=body)

    assert await error_of(edit(classic, v2(text()))) == (400, 50035)  # its content stands beside them
    assert await error_of(edit(modern, {"content": "x"})) == (400, 50035)
    assert await error_of(edit(classic, {"content": ""})) == (400, 50006)
    assert len(rest.forgive()) == 3
    await edit(classic, v2(text(), content=None))


async def test_the_error_says_where_it_is_wrong(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    with pytest.raises(discord.HTTPException, match=r"In components\.0\.components\.0\.label: a button has"):
        await send(client, scene.papers.id, {"content": "x", "components": [row(button(label=None))]})
    rest.forgive()


async def test_an_unknown_route_fails_the_test(rest: DiscordRest, client: discord.Client) -> None:
    assert (await error_of(client.http.get_guild_preview(1)))[0] == 404
    assert rest.forgive() == ["GET /api/v10/guilds/1/preview"]


async def test_an_id_that_is_none_fails_the_test(rest: DiscordRest, client: discord.Client) -> None:
    assert await error_of(send(client, "papers", {"content": "x"})) == (400, 50035)
    assert rest.forgive() == [
        "POST /channels/{channel_id}/messages: channel_id: 'papers' is not what stands here"
    ]


def test_every_route_is_one_of_discords_own(rest: DiscordRest) -> None:
    assert [one for one in ROUTES if not rest.spec.describes(*one)] == []


async def test_the_fixture_reports_what_was_refused(clock: FakeClock) -> None:
    with pytest.raises(AssertionError, match=r"GET /api/v10/nowhere"):
        async with DiscordRest(clock.now) as rest, aiohttp.ClientSession() as session:
            await (await session.get(f"{rest.api_url}/nowhere")).read()


async def test_a_body_that_is_no_json_fails_the_test(rest: DiscordRest, scene: Scene) -> None:
    async with aiohttp.ClientSession() as session:
        for body in ({"data": b"<xml/>"}, {"data": {"content": "x"}}):
            answer = await session.post(f"{rest.api_url}/channels/{scene.papers.id}/messages", **body)
            assert answer.status == 400
    assert len(rest.forgive()) == 2


def command(**traits: Any) -> dict[str, Any]:
    return {"name": "papers", "description": "Papers", **traits}


def option(name: str = "topic", **traits: Any) -> dict[str, Any]:
    return {"type": 3, "name": name, "description": "What", **traits}


def choices(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "value": name} for name in names]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (command(name="Papers"), "has capital letters"),
        (command(name="the papers"), "is no name"),
        (command(description=""), "is required"),
        (command(options=[option(), option()]), "topic is there 2 times"),
        (command(options=[option(), option("b", required=True)]), "behind one that is not"),
        (command(options=[option("Bad")]), "has capital letters"),
        (command(options=[option(choices=choices("a"), autocomplete=True)]), "choices and autocomplete"),
        (command(options=[option(choices=choices("a", "a"))]), "'a' is there 2 times"),
        (command(options=[option(min_length=5, max_length=4)]), "min_length 5 is greater"),
        (command(options=[option(type=4, min_value=5, max_value=4)]), "min_value 5 is greater"),
        (command(options=[option(), {"type": 1, "name": "a", "description": "b"}]), "are mixed"),
        ({"type": 3, "name": "Papers like this", "description": "x"}, "slash commands alone"),
        (command(options=[option(f"o{one}", description="x" * 100) for one in range(78)]), "8000"),
    ],
)
def test_a_command_against_the_rules(body: dict[str, Any], problem: str) -> None:
    assert problem in "\n".join(str(one) for one in command_problems(body))


def test_a_command_as_it_should_be() -> None:
    assert command_problems(command(name="papiers-été", options=[option(required=True), option("b")])) == []
    assert command_problems({"type": 3, "name": "Papers like this"}) == []
    deep = {"type": 2, "name": "channel", "description": "x", "options": [option("add", type=1)]}
    assert command_problems(command(options=[deep])) == []


def label(component: dict[str, Any]) -> dict[str, Any]:
    return {"type": 18, "label": "Words", "component": component}


def field(**traits: Any) -> dict[str, Any]:
    return {"type": 4, "custom_id": "words", "style": 1, **traits}


@pytest.mark.parametrize(
    ("components", "problem"),
    [
        ([label(field(custom_id=str(one))) for one in range(6)], "6 in a modal, at most 5"),
        ([label(field()), label(field())], "'words' stands there 2 times"),
        ([label(field(label="Again"))], "a label that has its own"),
        ([label(field(value="abc", max_length=2))], "3 characters, from 0 to 2"),
        ([label(field(min_length=3, max_length=2))], "greater than max_length"),
        ([label(select(3, min_values=0))], "is 0 though the select is required"),
    ],
)
def test_a_modal_against_the_rules(components: list[dict[str, Any]], problem: str) -> None:
    assert problem in "\n".join(str(one) for one in modal_problems({"components": components}))
