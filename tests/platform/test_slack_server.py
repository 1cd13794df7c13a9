"""The loopback Slack's Web API, by Slack's own client: it answers as Slack does, and refuses what it must."""

from datetime import timedelta

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.clocks import FakeClock
from tests.platform.blocks import menu, modal, plain, section
from tests.platform.calls import ClientOf, error_of
from tests.servers.slack import BASE, RECHECK, Scene, SlackServer
from tests.servers.slack.oauth import CLIENT_ID, CLIENT_SECRET
from tests.servers.slack.state import Body

METADATA = {"event_type": "digest", "event_payload": {"key": "k1"}}


# --- tokens and scopes ---------------------------------------------------------------------------


async def test_a_token_is_told_who_it_is_and_what_it_may(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"]) == ("T1", "UT1BOT")
    assert answer.headers["x-oauth-scopes"] == "chat:write,commands,im:write"


async def test_a_token_out_of_order_is_told_why(
    slack: SlackServer, scene: Scene, client_of: ClientOf, clock: FakeClock
) -> None:
    assert await error_of(client_of("").auth_test()) == "not_authed"
    assert await error_of(client_of("xoxb-unknown").auth_test()) == "invalid_auth"
    assert await error_of(client_of(scene.app_token.value).auth_test()) == "not_allowed_token_type"
    assert await error_of(client_of(scene.token.value).apps_connections_open(app_token="")) == "not_authed"
    short = slack.world.install(scene.team, expires_in=timedelta(hours=12))
    await client_of(short.value).auth_test()
    clock.advance(timedelta(hours=12))
    assert await error_of(client_of(short.value).auth_test()) == "token_expired"
    slack.world.revoke(scene.team, "account_inactive")
    assert await error_of(client_of(scene.token.value).auth_test()) == "account_inactive"


async def test_a_missing_scope_is_named(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.users_info(user="U1")
    assert caught.value.response.data == {
        "ok": False,
        "error": "missing_scope",
        "needed": "users:read",
        "provided": "chat:write,commands,im:write",
    }


async def test_an_organisation_wide_token_reaches_all_its_workspaces(
    slack: SlackServer, client_of: ClientOf
) -> None:
    organisation = slack.world.add_enterprise()
    one = slack.world.add_team("T7", enterprise=organisation)
    slack.world.add_channel(one, "C7")
    slack.world.add_channel(slack.world.add_team("T8"), "C8")
    client = client_of(slack.world.install(organisation).value)
    assert (await client.auth_test())["is_enterprise_install"] is True
    await client.chat_postMessage(channel="C7", text="hello")
    assert await error_of(client.chat_postMessage(channel="C8", text="hello")) == "channel_not_found"


# --- messages ------------------------------------------------------------------------------------


async def test_a_message_is_posted_changed_and_deleted(
    slack: SlackServer, scene: Scene, client: AsyncWebClient
) -> None:
    first = await client.chat_postMessage(channel="C1", text="one", blocks=[section()], metadata=METADATA)
    second = await client.chat_postMessage(channel="C1", text="two", thread_ts=first["ts"])
    assert [one.text for one in scene.channel.top] == ["one"]
    assert [one.text for one in scene.channel.thread(first["ts"])] == ["two"]
    assert first["ts"] < second["ts"]
    await client.chat_update(channel="C1", ts=first["ts"], text="new")
    changed = scene.channel.top[0]
    assert (changed.text, changed.edits, changed.metadata) == ("new", 1, METADATA)
    await client.chat_delete(channel="C1", ts=second["ts"])
    assert len(scene.channel.messages) == 1
    assert await error_of(client.chat_delete(channel="C1", ts=second["ts"])) == "message_not_found"
    theirs = slack.world.say(scene.channel, scene.maya, "hi")
    assert await error_of(client.chat_delete(channel="C1", ts=theirs.ts)) == "cant_delete_message"
    assert await error_of(client.chat_update(channel="C1", ts=theirs.ts, text="x")) == "cant_update_message"


async def test_a_place_where_nothing_can_be_posted_says_why(
    slack: SlackServer, scene: Scene, client: AsyncWebClient, client_of: ClientOf
) -> None:
    slack.world.add_channel(scene.team, "C2", "old", archived=True)
    slack.world.add_channel(scene.team, "C3", "elsewhere", bot=False)
    slack.world.add_channel(scene.team, "C4", "secret", bot=False, private=True)
    slack.world.add_channel(scene.team, "C5", "announcements", read_only=True)
    answers = {
        "C0": "channel_not_found",
        "C2": "is_archived",
        "C3": "not_in_channel",
        "C4": "channel_not_found",
        "C5": "restricted_action",
    }
    for channel, error in answers.items():
        assert await error_of(client.chat_postMessage(channel=channel, text="x")) == error, channel
    public = client_of(slack.world.install(scene.team, [*BASE, "chat:write.public"]).value)
    await public.chat_postMessage(channel="C3", text="x")


async def test_an_ephemeral_message_is_for_one_member(
    slack: SlackServer, scene: Scene, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(channel="C1", user="U1", text="only you")
    assert [one.text for one in scene.channel.seen_by(scene.maya)] == ["only you"]
    assert scene.channel.messages == []
    slack.world.add_user(scene.team, "U2", "joe")
    stranger = client.chat_postEphemeral(channel="C1", user="U2", text="only you")
    assert await error_of(stranger) == "user_not_in_channel"


async def test_history_needs_its_scope_and_shows_metadata_only_when_asked(
    slack: SlackServer, scene: Scene, client: AsyncWebClient, client_of: ClientOf
) -> None:
    sent = [
        await client.chat_postMessage(channel="C1", text=f"message {number}", metadata=METADATA)
        for number in range(3)
    ]
    assert await error_of(client.conversations_history(channel="C1")) == "missing_scope"
    reader = client_of(slack.world.install(scene.team, [*BASE, *RECHECK]).value)
    page = await reader.conversations_history(channel="C1", limit=2)
    assert [one["text"] for one in page["messages"]] == ["message 2", "message 1"]
    assert "metadata" not in page["messages"][0]
    cursor = page["response_metadata"]["next_cursor"]
    rest = await reader.conversations_history(channel="C1", include_all_metadata=True, cursor=cursor)
    assert [(one["text"], one["metadata"]) for one in rest["messages"]] == [("message 0", METADATA)]
    oldest = sent[0]["ts"]
    later = await reader.conversations_history(channel="C1", oldest=oldest)
    since = await reader.conversations_history(channel="C1", oldest=oldest, inclusive=True)
    assert (len(later["messages"]), len(since["messages"])) == (2, 3)
    await client.chat_postMessage(channel="C1", text="answer", thread_ts=oldest)
    thread = await reader.conversations_replies(channel="C1", ts=oldest)
    assert [one["text"] for one in thread["messages"]] == ["message 0", "answer"]


@pytest.mark.parametrize("kind", ["channels", "groups", "im"])
async def test_history_has_a_scope_for_each_kind_of_channel(
    slack: SlackServer, scene: Scene, client_of: ClientOf, kind: str
) -> None:
    slack.world.add_channel(scene.team, "C2", "secret", private=True)
    direct = slack.world.direct(scene.maya, scene.team.bot_user)
    reader = client_of(slack.world.install(scene.team, [f"{kind}:history"]).value)
    for name, channel in {"channels": "C1", "groups": "C2", "im": direct.id}.items():
        if name == kind:
            assert (await reader.conversations_history(channel=channel))["messages"] == []
        else:
            assert await error_of(reader.conversations_history(channel=channel)) == "missing_scope"


async def test_direct_messages_are_opened_once(
    slack: SlackServer, scene: Scene, client: AsyncWebClient
) -> None:
    opened = (await client.conversations_open(users="U1"))["channel"]["id"]
    assert (await client.conversations_open(users="U1"))["channel"]["id"] == opened
    await client.chat_postMessage(channel=opened, text="hello")
    assert [one.text for one in slack.world.direct(scene.maya, scene.team.bot_user).messages] == ["hello"]
    slack.world.add_user(scene.team, "U2", "joe", deleted=True)
    assert await error_of(client.conversations_open(users="U2")) == "user_disabled"
    assert await error_of(client.conversations_open(users="U3")) == "user_not_found"


async def test_a_scheduled_message_can_be_taken_back(
    slack: SlackServer, client: AsyncWebClient, clock: FakeClock
) -> None:
    soon = int(clock.now().timestamp()) + 60
    planned = await client.chat_scheduleMessage(channel="C1", text="later", post_at=soon)
    name = planned["scheduled_message_id"]
    assert list(slack.world.scheduled) == [name]
    await client.chat_deleteScheduledMessage(channel="C1", scheduled_message_id=name)
    again = client.chat_deleteScheduledMessage(channel="C1", scheduled_message_id=name)
    assert await error_of(again) == "invalid_scheduled_message_id"
    past = client.chat_scheduleMessage(channel="C1", text="x", post_at=soon - 120)
    assert await error_of(past) == "time_in_past"
    far = client.chat_scheduleMessage(channel="C1", text="x", post_at=soon + 121 * 86_400)
    assert await error_of(far) == "time_too_far"


async def test_a_message_has_an_address(client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C1", text="x"))["ts"]
    link = (await client.chat_getPermalink(channel="C1", message_ts=ts))["permalink"]
    assert link == f"https://acme.slack.com/archives/C1/p{ts.replace('.', '')}"
    assert await error_of(client.chat_getPermalink(channel="C1", message_ts="1.0")) == "message_not_found"


async def test_people_and_channels_are_described(
    slack: SlackServer, scene: Scene, client_of: ClientOf
) -> None:
    scopes = [*BASE, "users:read", "channels:read", "channels:join"]
    client = client_of(slack.world.install(scene.team, scopes).value)
    other = slack.world.add_team("T2", domain="other")
    guest = slack.world.add_user(scene.team, "U2", "gus", restricted=True)
    visitor = slack.world.add_user(other, "U3", "vera")
    slack.world.add_user(other, "U4", "unseen")
    slack.world.add_channel(
        scene.team, "C2", "both", members=[guest, visitor], shared_with=(other,), bot=False
    )
    assert (await client.users_info(user="U2"))["user"]["is_restricted"] is True
    seen = (await client.users_info(user="U3"))["user"]
    assert (seen["team_id"], seen["is_stranger"]) == ("T2", True)
    assert await error_of(client.users_info(user="U4")) == "user_not_found"
    described = (await client.conversations_info(channel="C2"))["channel"]
    assert (described["is_ext_shared"], described["is_member"]) == (True, False)
    await client.conversations_join(channel="C2")
    assert (await client.conversations_members(channel="C2"))["members"] == ["U2", "U3", "UT1BOT"]


# --- what is refused -----------------------------------------------------------------------------


async def test_blocks_that_slack_would_not_take_fail_the_test(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    call = client.chat_postMessage(channel="C1", text="x", blocks=[section(accessory=menu(6))])
    assert await error_of(call) == "invalid_blocks"
    assert "chat.postMessage: blocks[0]: overflow.options of 6 items, at most 5" in slack.forgive()


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("chat.postMessage", {"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "colour": "red"}, "invalid_arguments"),
        ("conversations.history", {"channel": "C1", "limit": "many"}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1", "view": modal(title=plain("x" * 25))}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1", "view": modal(private_metadata="x" * 3_001)}, "invalid_arguments"),
        ("reactions.add", {"channel": "C1", "name": "eyes", "timestamp": "1"}, "unknown_method"),
    ],
)
async def test_a_call_that_no_specification_describes_fails_the_test(
    slack: SlackServer, client: AsyncWebClient, method: str, arguments: Body, error: str
) -> None:
    assert await error_of(client.api_call(method, json=arguments)) == error
    assert slack.forgive()


async def test_a_body_that_holds_no_arguments_fails_the_test(slack: SlackServer) -> None:
    async with aiohttp.ClientSession() as session:
        answer = await session.post(f"{slack.api_url}/auth.test", data=b"<xml/>")
    assert answer.status == 400
    assert slack.forgive() == [
        "auth.test: a body of the type application/octet-stream that holds no arguments"
    ]


async def test_the_fixture_reports_what_was_refused(clock: FakeClock) -> None:
    with pytest.raises(AssertionError, match=r"/nowhere"):
        async with SlackServer(clock.now) as slack, aiohttp.ClientSession() as session:
            await (await session.get(f"{slack.url}/nowhere")).read()


async def test_a_message_longer_than_slack_says_anywhere_is_refused_as_slack_does(
    client: AsyncWebClient,
) -> None:
    blocks = [section("x" * 2_900) for _ in range(5)]
    call = client.chat_postMessage(channel="C1", text="x", blocks=blocks)
    assert await error_of(call) == "msg_blocks_too_long"


async def test_metadata_must_have_its_form(client: AsyncWebClient) -> None:
    call = client.chat_postMessage(channel="C1", text="x", metadata={"key": "k"})
    assert await error_of(call) == "invalid_metadata_format"


# --- files, links and installations --------------------------------------------------------------


async def test_a_file_is_uploaded_in_three_steps(
    slack: SlackServer, scene: Scene, client_of: ClientOf
) -> None:
    client = client_of(slack.world.install(scene.team, [*BASE, "files:write"]).value)
    await client.files_upload_v2(channel="C1", filename="plot.png", content=b"PNG", initial_comment="A plot")
    (file,) = slack.world.files.values()
    assert (file.content, file.shared_in) == (b"PNG", ["C1"])
    assert [one.text for one in scene.channel.messages] == ["A plot"]


async def test_links_are_unfurled_where_they_stand(
    slack: SlackServer, scene: Scene, client_of: ClientOf
) -> None:
    client = client_of(slack.world.install(scene.team, [*BASE, "links:write"]).value)
    message = slack.world.say(scene.channel, scene.maya, "see <https://arxiv.org/abs/2508.13426>")
    cards = {"https://arxiv.org/abs/2508.13426": {"blocks": [section()]}}
    await client.chat_unfurl(channel="C1", ts=message.ts, unfurls=cards)
    assert slack.world.unfurled == [(message.ts, cards)]
    elsewhere = {"https://arxiv.org/abs/1": {"blocks": [section()]}}
    call = client.chat_unfurl(channel="C1", ts=message.ts, unfurls=elsewhere)
    assert await error_of(call) == "cannot_unfurl_url"
    unasked = client.chat_unfurl(unfurl_id="unfurl-0", source="composer", unfurls=cards)
    assert await error_of(unasked) == "invalid_unfurl_id"
    wrong = {"https://arxiv.org/abs/2508.13426": {"blocks": [section("x" * 3_001)]}}
    call = client.chat_unfurl(channel="C1", ts=message.ts, unfurls=wrong)
    assert await error_of(call) == "invalid_arguments"
    assert slack.forgive()


async def test_an_installation_gives_a_token_that_is_refreshed(
    slack: SlackServer, scene: Scene, client_of: ClientOf, clock: FakeClock
) -> None:
    slack.world.redirects.append("http://127.0.0.1/slack/oauth_redirect")
    slack.world.rotation = True
    slack.installer = (scene.team, scene.maya)
    asked = {"client_id": CLIENT_ID, "scope": "chat:write", "state": "s1"}
    async with aiohttp.ClientSession() as session:
        page = await session.get(slack.authorize_url, params=asked, allow_redirects=False)
    code = page.headers["Location"].partition("code=")[2]
    assert page.headers["Location"].startswith("http://127.0.0.1/slack/oauth_redirect?state=s1&code=")
    client = client_of("")
    keys = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    granted = await client.oauth_v2_access(**keys, code=code)
    assert (granted["scope"], granted["team"]["id"]) == ("chat:write", "T1")
    assert await error_of(client.oauth_v2_access(**keys, code=code)) == "invalid_code"
    clock.advance(timedelta(seconds=granted["expires_in"]))
    assert await error_of(client_of(granted["access_token"]).auth_test()) == "token_expired"
    renewal = {**keys, "grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    renewed = await client.oauth_v2_access(**renewal)
    await client_of(renewed["access_token"]).chat_postMessage(channel="C1", text="x")
    assert await error_of(client.oauth_v2_access(**renewal)) == "invalid_refresh_token"
    await client_of(renewed["access_token"]).auth_revoke()
    assert await error_of(client_of(renewed["access_token"]).auth_test()) == "token_revoked"


async def test_an_app_can_remove_itself(scene: Scene, client: AsyncWebClient) -> None:
    stranger = client.apps_uninstall(client_id=CLIENT_ID, client_secret="guessed")
    assert await error_of(stranger) == "bad_client_secret"
    await client.apps_uninstall(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    assert await error_of(client.auth_test()) == "token_revoked"
