"""Answers to interactions on the loopback Discord, by hand and by what discord.py has for them."""

import io
from datetime import timedelta
from typing import Any

import aiohttp
import discord
import pytest
from discord.http import handle_message_parameters
from discord.webhook.async_ import (
    async_context,
    interaction_message_response_params,
    interaction_response_params,
)

from tests.clocks import FakeClock
from tests.platform.discord_server.calls import button, row, text, v2
from tests.platform.discord_server.conftest import Scene
from tests.servers.discord.interaction_state import Callback, Interaction, InteractionType
from tests.servers.discord.permissions import PEOPLE, Permission
from tests.servers.discord.rest import DiscordRest
from tests.servers.discord.state import EPHEMERAL, LOADING

PRIVATE = {"content": "only you", "flags": EPHEMERAL}
Answer = tuple[int, Any]


class App:
    """An app that answers by hand."""

    def __init__(self, rest: DiscordRest, session: aiohttp.ClientSession) -> None:
        self._rest = rest
        self._session = session

    async def answer(self, to: Interaction, kind: int, data: Any = None, *, told: bool = True) -> Answer:
        body = {"type": kind} | ({} if data is None else {"data": data})
        path = f"/interactions/{to.id}/{to.token}/callback{'?with_response=1' if told else ''}"
        return await self._call("POST", path, body)

    async def follow_up(self, to: Interaction, body: Any) -> Answer:
        return await self._call("POST", self._webhook(to), body)

    async def original(
        self, method: str, to: Interaction, body: Any = None, name: str = "@original"
    ) -> Answer:
        return await self._call(method, f"{self._webhook(to)}/messages/{name}", body)

    def _webhook(self, to: Interaction) -> str:
        return f"/webhooks/{self._rest.world.application.id}/{to.token}"

    async def _call(self, method: str, path: str, body: Any) -> Answer:
        answer = await self._session.request(method, self._rest.api_url + path, json=body)
        if answer.status == 204:
            return 204, None
        content = await answer.json()
        return answer.status, content["code"] if answer.status >= 400 else content


@pytest.fixture
async def app(rest: DiscordRest) -> Any:
    async with aiohttp.ClientSession() as session:
        yield App(rest, session)


@pytest.fixture
def command(rest: DiscordRest, scene: Scene) -> Interaction:
    return rest.world.interaction(
        InteractionType.COMMAND, user=scene.maya.user, channel=scene.papers, command="papers today"
    )


async def test_an_answer_is_a_message_of_its_own(scene: Scene, app: App, command: Interaction) -> None:
    status, told = await app.answer(command, Callback.MESSAGE, PRIVATE)
    assert status == 200
    assert told["interaction"]["id"] == command.id
    assert told["interaction"]["response_message_ephemeral"]
    assert told["resource"]["message"]["interaction_metadata"]["user"]["username"] == "maya"
    assert [one.content for one in scene.papers.seen_by(scene.maya.user)] == ["only you"]
    assert (command.ephemeral, scene.papers.messages) == (True, {})
    assert await app.answer(command, Callback.MESSAGE, PRIVATE) == (400, 40060)


async def test_an_answer_without_the_wish_to_be_told_is_taken_silently(
    app: App, command: Interaction
) -> None:
    assert await app.answer(command, Callback.MESSAGE, {"content": "x"}, told=False) == (204, None)
    assert command.messages[0].content == "x"


async def test_an_answer_comes_within_three_seconds(
    rest: DiscordRest, clock: FakeClock, scene: Scene, app: App, command: Interaction
) -> None:
    clock.advance(timedelta(seconds=3.1))
    assert await app.answer(command, Callback.MESSAGE, PRIVATE) == (404, 10062)
    assert await app.follow_up(command, PRIVATE) == (404, 10015)
    late = rest.world.interaction(
        InteractionType.COMMAND, user=scene.maya.user, channel=scene.papers, late=True
    )
    assert await app.answer(late, Callback.MESSAGE, PRIVATE) == (404, 10062)


async def test_a_deferred_answer_becomes_its_message(
    clock: FakeClock, scene: Scene, app: App, command: Interaction
) -> None:
    _, told = await app.answer(command, Callback.DEFERRED_MESSAGE, {"flags": EPHEMERAL})
    assert told["interaction"]["response_message_loading"]
    (shown,) = scene.papers.seen_by(scene.maya.user)
    assert shown.flags == EPHEMERAL | LOADING
    clock.advance(timedelta(minutes=14, seconds=59))
    status, message = await app.original("PATCH", command, v2(text("there")), name="%40original")
    assert (status, message["flags"]) == (200, EPHEMERAL | 1 << 15)
    assert (await app.original("GET", command))[1]["id"] == shown.id
    clock.advance(timedelta(seconds=1))
    assert await app.original("PATCH", command, {"content": "late"}) == (401, 50027)
    assert await app.follow_up(command, PRIVATE) == (401, 50027)


async def test_the_first_follow_up_is_the_promised_message(
    scene: Scene, app: App, command: Interaction
) -> None:
    await app.answer(command, Callback.DEFERRED_MESSAGE)
    await app.follow_up(command, PRIVATE)  # what was promised to all stays so
    await app.follow_up(command, PRIVATE)
    assert [one.content for one in scene.papers.messages.values()] == ["only you"]
    assert [one.content for one in scene.papers.seen_by(scene.maya.user)] == ["only you"]
    second = command.followups[0]
    _, changed = await app.original("PATCH", command, {"content": "changed"}, name=second.id)
    assert (changed["id"], changed["content"]) == (second.id, "changed")
    for name in (second.id, "@original"):
        assert await app.original("DELETE", command, name=name) == (204, None)
        assert await app.original("GET", command, name=name) == (404, 10008)
    assert scene.papers.messages == {}


async def test_a_component_changes_its_message(rest: DiscordRest, scene: Scene, app: App) -> None:
    card = rest.world.say(
        scene.papers, rest.world.bot, "", components=[row(button()) | {"id": 1}], flags=1 << 15
    )
    pressed = [
        rest.world.interaction(
            InteractionType.COMPONENT, user=scene.maya.user, channel=scene.papers, message=card
        )
        for _ in range(2)
    ]
    _, told = await app.answer(pressed[0], Callback.UPDATE, {"components": [text("saved")]})
    assert (told["resource"]["type"], told["resource"]["message"]["id"]) == (Callback.UPDATE, card.id)
    assert [one["content"] for one in card.components] == ["saved"]
    status, told = await app.answer(pressed[1], Callback.DEFERRED_UPDATE)
    assert (status, set(told)) == (200, {"interaction"})
    await app.follow_up(pressed[1], PRIVATE)
    await app.original("PATCH", pressed[1], {"components": [text("again")]})
    assert [one["content"] for one in card.components] == ["again"]
    assert [one.content for one in pressed[1].followups] == ["only you"]


async def test_a_form_and_suggestions_are_answers_too(rest: DiscordRest, scene: Scene, app: App) -> None:
    def interaction(kind: InteractionType) -> Interaction:
        return rest.world.interaction(kind, user=scene.maya.user, channel=scene.papers)

    field = {"type": 4, "custom_id": "words", "style": 1}
    form = {
        "custom_id": "p:follow",
        "title": "Follow",
        "components": [{"type": 18, "label": "Words", "component": field}],
    }
    asked = interaction(InteractionType.COMMAND)
    assert (await app.answer(asked, Callback.MODAL, form))[0] == 200
    assert asked.modal == form
    assert await app.original("GET", asked) == (404, 10008)
    submitted = interaction(InteractionType.MODAL)
    assert (await app.answer(submitted, Callback.MESSAGE, PRIVATE))[0] == 200
    typing = interaction(InteractionType.AUTOCOMPLETE)
    choices = [{"name": "Attention Is All You Need", "value": "1706.03762"}]
    assert (await app.answer(typing, Callback.CHOICES, {"choices": choices}))[0] == 200
    assert typing.choices == choices
    assert await app.follow_up(typing, PRIVATE) == (404, 10015)


@pytest.mark.parametrize(
    ("kind", "answer", "data", "problem"),
    [
        (InteractionType.COMMAND, 7, {"content": "x"}, "7 is no answer"),
        (InteractionType.COMMAND, 8, {"choices": []}, "8 is no answer"),
        (
            InteractionType.MODAL,
            9,
            {"custom_id": "a", "title": "b", "components": [text()]},
            "9 is no answer",
        ),
        (InteractionType.AUTOCOMPLETE, 4, {"content": "x"}, "4 is no answer"),
        (InteractionType.AUTOCOMPLETE, 8, {"choices": [{"name": "x" * 101, "value": "x"}]}, "maxLength 100"),
        (InteractionType.AUTOCOMPLETE, 8, {"choices": [{"name": "x", "value": "x"}] * 26}, "maxItems 25"),
        (InteractionType.COMMAND, 4, {"content": "x" * 2_001}, "maxLength 2000"),
        (InteractionType.COMMAND, 4, {"content": "x", "components": [text()]}, "needs the flag"),
        (InteractionType.COMMAND, 5, {"content": "x"}, "has no content yet"),
        (InteractionType.COMMAND, 5, {"flags": 1 << 15}, "has no content yet"),
        (
            InteractionType.COMMAND,
            9,
            {"custom_id": "a", "title": "x" * 46, "components": [text()]},
            "maxLength 45",
        ),
        (
            InteractionType.COMMAND,
            9,
            {"custom_id": "a", "title": "x", "components": [row(button())]},
            "2 is not one of [4]",
        ),
        (InteractionType.COMMAND, 3, {}, "type"),
    ],
)
async def test_an_answer_against_the_rules_fails_the_test(
    rest: DiscordRest, scene: Scene, app: App, kind: InteractionType, answer: int, data: Any, problem: str
) -> None:
    interaction = rest.world.interaction(kind, user=scene.maya.user, channel=scene.papers)
    assert await app.answer(interaction, answer, data) == (400, 50035)
    assert problem in "\n".join(rest.forgive())
    assert interaction.answer is None


async def test_an_app_of_ones_own_answers_in_private_where_it_must(rest: DiscordRest, app: App) -> None:
    elsewhere = rest.world.guild("Elsewhere", bot=False)
    maya = elsewhere.member("maya")
    channel = elsewhere.text_channel()

    def typed() -> Interaction:
        return rest.world.interaction(InteractionType.COMMAND, user=maya.user, channel=channel)

    public = typed()
    await app.answer(public, Callback.MESSAGE, {"content": "for all"})
    assert [one.content for one in channel.messages.values()] == ["for all"]
    for _ in range(5):
        assert (await app.follow_up(public, PRIVATE))[0] == 200
    assert await app.follow_up(public, PRIVATE) == (400, 40094)
    elsewhere.allow(elsewhere.everyone, PEOPLE & ~Permission.USE_EXTERNAL_APPS)
    private = typed()
    _, told = await app.answer(private, Callback.MESSAGE, {"content": "for all"})
    assert told["interaction"]["response_message_ephemeral"]
    assert len(channel.messages) == 1


async def test_an_unknown_interaction(app: App, rest: DiscordRest, command: Interaction) -> None:
    del rest.world.interactions[command.token]
    assert await app.answer(command, Callback.MESSAGE, PRIVATE) == (404, 10062)
    assert await app.follow_up(command, PRIVATE) == (404, 10015)


class Follow(discord.ui.Modal, title="Follow"):
    words: Any = discord.ui.Label(text="Words", component=discord.ui.TextInput(custom_id="words"))
    who: Any = discord.ui.Label(
        text="Whom to tell", component=discord.ui.RoleSelect(custom_id="role", required=False, min_values=0)
    )


def card() -> discord.ui.LayoutView:
    options = [discord.SelectOption(label="Paper", value="1", description="Ours", emoji="🔖")]
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(
        discord.ui.Container(
            discord.ui.TextDisplay("Papers"),
            discord.ui.Separator(),
            discord.ui.ActionRow(discord.ui.Select(custom_id="p:choose", options=options)),
            discord.ui.ActionRow(discord.ui.Button(label="Save", custom_id="p:save", emoji="🔖")),
        )
    )
    return view


async def test_what_discord_py_sends_is_in_order(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    """The server fails the test for anything that is not."""
    adapter = async_context.get()
    app_id = int(rest.world.application.id)
    kinds = InteractionType

    async with aiohttp.ClientSession() as session:

        async def answer(kind: InteractionType, params: Any, **about: Any) -> Interaction:
            one = rest.world.interaction(kind, user=scene.maya.user, channel=scene.papers, **about)
            await adapter.create_interaction_response(int(one.id), one.token, session=session, params=params)
            return one

        private = discord.MessageFlags(ephemeral=True)
        shown = interaction_message_response_params(type=4, view=card(), flags=private)
        first = await answer(kinds.COMMAND, shown)
        edited = handle_message_parameters(view=card()).payload
        await adapter.edit_original_interaction_response(app_id, first.token, session=session, payload=edited)
        webhook = discord.Webhook.partial(app_id, first.token, session=session)
        file = discord.File(io.BytesIO(b"BIB"), "papers.bib")
        message = await webhook.send("Here they are", file=file, wait=True)
        await webhook.edit_message(message.id, content="Here they were", attachments=[])
        await webhook.delete_message(message.id)
        deferred = await answer(kinds.COMMAND, interaction_response_params(type=5, data={"flags": 64}))
        embed = discord.Embed(title="Papers", url="https://example.org", colour=3).set_footer(text="Ours")
        filled = handle_message_parameters(content=None, embed=embed).payload
        await adapter.edit_original_interaction_response(
            app_id, deferred.token, session=session, payload=filled
        )
        form = Follow(custom_id="p:follow").to_dict()
        assert (await answer(kinds.COMMAND, interaction_response_params(type=9, data=form))).modal == form
        offered = {"choices": [discord.app_commands.Choice(name="Vision", value="cs.CV").to_dict()]}
        await answer(kinds.AUTOCOMPLETE, interaction_response_params(type=8, data=offered))
        posted = rest.world.say(scene.papers, rest.world.bot, "papers")
        update = interaction_message_response_params(type=7, view=card(), content=None, embeds=[])
        await answer(kinds.COMPONENT, update, message=posted)
        await answer(kinds.COMPONENT, interaction_response_params(type=6), message=posted)
    assert [one.status for one in rest.calls if one.status >= 400] == []
    assert posted.flags == 1 << 15
