"""How the loopback Slack reaches an app of the real slack-bolt, over Socket Mode and over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.clocks import FakeClock
from tests.platform.blocks import menu, options, section
from tests.platform.calls import ClientOf, error_of
from tests.platform.small_app import BERLIN, FORM, SECRET, app_of, over_http, over_socket
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.http_mode import Signature
from tests.servers.slack.state import Body


@pytest.fixture
def heard() -> list[Body]:
    return []


@pytest.fixture
async def socket_app(
    slack: SlackServer, scene: Scene, client_of: ClientOf, heard: list[Body]
) -> AsyncIterator[None]:
    app = app_of(client_of(scene.token.value), heard)
    async with over_socket(app, slack, client_of(scene.app_token.value)):
        yield


@pytest.fixture
async def http_app(
    slack: SlackServer, scene: Scene, client_of: ClientOf, heard: list[Body]
) -> AsyncIterator[None]:
    async with over_http(app_of(client_of(scene.token.value), heard), slack):
        yield


@pytest.fixture(params=["socket_app", "http_app"])
def app(request: pytest.FixtureRequest) -> None:
    """The small app, reachable in one of the two ways."""
    request.getfixturevalue(request.param)


# --- the same over both --------------------------------------------------------------------------


async def test_a_command_is_acknowledged_and_answered(slack: SlackServer, scene: Scene, app: None) -> None:
    exchange = await slack.command("/papers", "search x", user=scene.maya, channel=scene.channel)
    assert exchange.seconds < 3
    answer = await exchange.message()
    assert (answer.text, answer.only_for) == ("found search x", "U1")
    at_once = await slack.command("/papers", "at once", user=scene.maya, channel=scene.channel)
    assert (await at_once.message()).text == "here"
    assert len(exchange.seen("private")) == 1


async def test_a_button_replaces_the_answer_it_stands_in(slack: SlackServer, scene: Scene, app: None) -> None:
    answer = await (await slack.command("/papers", "x", user=scene.maya, channel=scene.channel)).message()
    pressed = await slack.press(answer, "Next", user=scene.maya)
    assert pressed.payload["container"]["is_ephemeral"] is True
    assert (await pressed.message("replaced")).text == "page 2"
    assert [one.text for one in scene.channel.seen_by(scene.maya)] == ["page 2"]


async def test_a_menu_of_a_posted_message_answers_who_chose(
    slack: SlackServer, scene: Scene, client: AsyncWebClient, app: None
) -> None:
    choices = options(1, "Save", "save:1") + options(1, "Why", "why:1")
    digest = [section(accessory=menu(2) | {"action_id": "menu", "options": choices})]
    await client.chat_postMessage(channel="C1", text="digest", blocks=digest)
    chosen = await slack.press(scene.channel.top[0], "Why", user=scene.maya)
    assert (await chosen.message()).text == "chose why:1"
    with pytest.raises(AssertionError, match="no 'Delete' to press among 'Save', 'Why'"):
        await slack.press(scene.channel.top[0], "Delete", user=scene.maya)


async def test_a_form_is_filled_in_refused_and_submitted(
    slack: SlackServer, scene: Scene, app: None, heard: list[Body]
) -> None:
    opened = await slack.command("/papers", "form", user=scene.maya, channel=scene.channel)
    form = await opened.view()
    with pytest.raises(AssertionError, match="topic must be filled in"):
        await slack.submit(form, {}, user=scene.maya)
    suggested = await slack.suggest(form, "zone_choice", "ber", user=scene.maya)
    assert suggested.said == {"options": [BERLIN]}
    await slack.submit(form, {"topic": "nothing"}, user=scene.maya)
    assert slack.world.modals["U1"] == [form]
    await slack.submit(form, {"topic": "agents", "zone": BERLIN}, user=scene.maya)
    assert slack.world.modals["U1"] == []
    assert heard[-1] == {
        "zone": {"zone_choice": {"type": "external_select", "selected_option": BERLIN}},
        "topic": {"topic_text": {"type": "plain_text_input", "value": "agents"}},
    }


async def test_views_lie_upon_each_other_and_are_closed(
    slack: SlackServer, scene: Scene, app: None, heard: list[Body]
) -> None:
    opened = await slack.command("/papers", "form", user=scene.maya, channel=scene.channel)
    form = await opened.view()
    pressed = await slack.press(form, "Deeper", user=scene.maya, filled={"topic": "agents"})
    upper = await pressed.view()
    assert (upper.root, upper.previous) == (form.id, form.id)
    assert heard[0]["topic"]["topic_text"]["value"] == "agents"
    assert await slack.close(upper, user=scene.maya) is None  # nobody asked to be told
    await slack.close(form, user=scene.maya)
    await slack.until(lambda: {"closed": "form"} in heard)


async def test_shortcuts_and_the_home_page(
    slack: SlackServer, scene: Scene, app: None, heard: list[Body]
) -> None:
    await slack.shortcut("similar", user=scene.maya)
    message = slack.world.say(scene.channel, scene.maya, "look")
    await slack.message_shortcut("similar", message, user=scene.maya)
    assert [one["type"] for one in heard] == ["shortcut", "message_action"]
    home = await (await slack.open_home(scene.maya)).view("home")
    assert slack.world.homes == {"U1": home}


async def test_an_event_can_come_again(
    slack: SlackServer, scene: Scene, app: None, heard: list[Body]
) -> None:
    message = slack.world.say(scene.channel, scene.maya, "https://arxiv.org/abs/2508.13426")
    exchange = await slack.share_links(message, [message.text])
    again = await slack.redeliver(exchange)
    assert again.acknowledged
    assert [one["links"][0]["domain"] for one in heard] == ["arxiv.org", "arxiv.org"]


async def test_a_response_url_serves_five_times_and_for_half_an_hour(
    slack: SlackServer, scene: Scene, app: None, clock: FakeClock
) -> None:
    from slack_sdk.webhook.async_client import AsyncWebhookClient

    exchange = await slack.command("/papers", "x", user=scene.maya, channel=scene.channel)
    await exchange.message()
    respond = AsyncWebhookClient(exchange.payload["response_url"])
    await respond.send(text="to all", response_type="in_channel")
    assert (await exchange.message("public")).text == "to all"
    for _ in range(3):
        assert (await respond.send(text="more")).status_code == 200
    spent = await respond.send(text="too much")
    assert (spent.status_code, "used_url" in spent.body) == (404, True)
    later = await slack.command("/papers", "x", user=scene.maya, channel=scene.channel)
    await later.message()
    clock.advance(timedelta(minutes=30))
    late = await AsyncWebhookClient(later.payload["response_url"]).send(text="late")
    assert (late.status_code, "expired_url" in late.body) == (404, True)


async def test_a_trigger_opens_one_view_and_soon(
    slack: SlackServer, scene: Scene, client: AsyncWebClient, app: None, clock: FakeClock
) -> None:
    first = await slack.command("/papers", "x", user=scene.maya, channel=scene.channel)
    trigger = first.payload["trigger_id"]
    opened = await client.views_open(trigger_id=trigger, view=FORM)
    assert await error_of(client.views_open(trigger_id=trigger, view=FORM)) == "exchanged_trigger_id"
    second = await slack.command("/papers", "x", user=scene.maya, channel=scene.channel)
    clock.advance(timedelta(seconds=3))
    late = client.views_open(trigger_id=second.payload["trigger_id"], view=FORM)
    assert await error_of(late) == "expired_trigger_id"
    view = opened["view"]
    changed = await client.views_update(view_id=view["id"], hash=view["hash"], view=FORM)
    assert changed["view"]["hash"] != view["hash"]
    stale = client.views_update(view_id=view["id"], hash=view["hash"], view=FORM)
    assert await error_of(stale) == "hash_conflict"
    assert await error_of(client.views_update(view_id="V0", view=FORM)) == "not_found"


async def test_an_app_is_told_once_that_it_was_removed(
    slack: SlackServer, scene: Scene, client: AsyncWebClient, app: None, heard: list[Body]
) -> None:
    await slack.uninstall(scene.team)
    assert heard == [{"type": "app_uninstalled"}]
    with pytest.raises(SlackApiError, match="token_revoked"):
        await client.auth_test()


# --- Socket Mode ---------------------------------------------------------------------------------


async def test_envelopes_go_to_the_connections_in_turn(
    slack: SlackServer, scene: Scene, socket_app: None, client_of: ClientOf
) -> None:
    second = app_of(client_of(scene.token.value), [])
    async with over_socket(second, slack, client_of(scene.app_token.value)):
        for _ in range(2):
            await slack.command("/papers", "at once", user=scene.maya, channel=scene.channel)
        assert [len(one.acknowledged) for one in slack.socket.connections] == [1, 1]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets"])
async def test_the_app_makes_a_new_connection_when_it_is_asked_to(
    slack: SlackServer, scene: Scene, socket_app: None, reason: Any
) -> None:
    await slack.socket.disconnect(reason)
    await slack.until(lambda: slack.socket.opened == 2 and len(slack.socket.connections) == 1)
    exchange = await slack.command("/papers", "at once", user=scene.maya, channel=scene.channel)
    assert exchange.acknowledged


async def test_what_is_under_way_when_a_connection_breaks_is_never_acknowledged(
    slack: SlackServer, scene: Scene, socket_app: None
) -> None:
    connection = slack.socket.connections[0]
    connection.deaf = True
    sent = asyncio.create_task(slack.command("/papers", "x", user=scene.maya, channel=scene.channel))
    await slack.until(lambda: connection.waiting)
    connection.cut()
    assert (await sent).ack is None


async def test_a_connection_needs_a_ticket_of_its_own(
    slack: SlackServer, scene: Scene, client_of: ClientOf
) -> None:
    import aiohttp

    opened = await client_of(scene.app_token.value).apps_connections_open(app_token=scene.app_token.value)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(opened["url"]) as socket:
            assert (await socket.receive_json())["type"] == "hello"
            await socket.ping(b"sdk-ping-pong:1")
            await socket.send_json({"envelope_id": "envelope-unknown"})
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])
    assert len(slack.forgive()) == 2


# --- HTTP ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("signature", [Signature.WRONG, Signature.STALE, Signature.MISSING])
async def test_what_is_not_signed_by_slack_is_answered_401(
    slack: SlackServer, scene: Scene, http_app: None, signature: Signature
) -> None:
    exchange = await slack.command("/papers", "at once", user=scene.maya, channel=scene.channel)
    assert slack.http is not None
    ack = await slack.http.send(exchange.payload, signature=signature)
    assert ack is not None
    assert ack.status == 401


async def test_slack_makes_sure_of_the_address(slack: SlackServer, scene: Scene, http_app: None) -> None:
    assert slack.http is not None
    verified, checked = await slack.http.verify_url("c1"), await slack.http.check_ssl()
    assert verified is not None
    assert verified.content == {"challenge": "c1"}
    assert checked is not None
    assert checked.status == 200


async def test_a_repeated_event_says_so(
    slack: SlackServer, scene: Scene, http_app: None, heard: list[Body]
) -> None:
    message = slack.world.say(scene.channel, scene.maya, "https://arxiv.org/abs/2508.13426")
    exchange = await slack.share_links(message, [message.text])
    await slack.redeliver(exchange, attempt=2, reason="http_timeout")
    assert [one["retry"] for one in heard] == [None, ["2"]]


async def test_an_address_where_nobody_listens_acknowledges_nothing(slack: SlackServer, scene: Scene) -> None:
    slack.use_http("http://127.0.0.1:1/slack/events", SECRET)
    exchange = await slack.command("/papers", "x", user=scene.maya, channel=scene.channel)
    assert exchange.ack is None


# --- organisations -------------------------------------------------------------------------------


async def test_an_organisation_wide_installation_says_so(
    slack: SlackServer, client_of: ClientOf, heard: list[Body]
) -> None:
    organisation = slack.world.add_enterprise()
    team = slack.world.add_team("T7", enterprise=organisation)
    maya = slack.world.add_user(team)
    channel = slack.world.add_channel(team, members=[maya])
    app = app_of(client_of(slack.world.install(organisation).value), heard)
    async with over_http(app, slack):
        exchange = await slack.command("/papers", "x", user=maya, channel=channel)
        pressed = await slack.press(await exchange.message(), "Next", user=maya)
        assert (await pressed.message("replaced")).text == "page 2"
    assert exchange.payload["is_enterprise_install"] == "true"
    assert exchange.payload["enterprise_id"] == "E1"
    assert pressed.payload["is_enterprise_install"] is True
    assert pressed.payload["enterprise"] == {"id": "E1", "name": "Acme Group"}
