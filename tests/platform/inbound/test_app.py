"""Our whole Slack against the loopback one, by the real slack-bolt, over both transports."""

from pathlib import Path

from bot.model import DestinationState
from bot.people.model import Identity, Mark
from tests.clocks import StillClock
from tests.platform.slack_bot import SlackBot, slack_bot, text_of
from tests.servers.slack import Scene, SlackServer


async def test_a_search_is_answered_privately_and_pages_on(bot: SlackBot) -> None:
    maya, channel = bot.scene.maya, bot.scene.channel
    asked = await bot.server.command("/papers", "attention", user=maya, channel=channel)
    assert asked.acknowledged
    answer = await asked.message()
    assert answer.only_for == maya.id
    assert "Attention in Small Places" in text_of(answer)
    assert asked.seen("public") == []


async def test_a_paper_is_saved_from_its_menu_and_shown_in_the_app_home(bot: SlackBot) -> None:
    maya, channel = bot.scene.maya, bot.scene.channel
    answer = await (
        await bot.server.command("/papers", "search attention", user=maya, channel=channel)
    ).message()
    pressed = await bot.server.press(answer, "save:arxiv:2511.00001", user=maya)
    assert "list" in text_of(await pressed.message())
    person = await bot.store.people.find(Identity("slack", bot.scene.team.id, maya.id))
    assert person is not None
    assert len(await bot.store.people.marked(person.recipient_id, Mark.SAVED)) == 1
    home = await (await bot.server.open_home(maya)).view("home")
    assert "Attention in Small Places" in text_of(home)


async def test_a_channel_is_set_up_through_the_form(bot: SlackBot) -> None:
    slack, scene = bot.server, bot.scene
    opened = await slack.command("/papers", "channel add", user=scene.maya, channel=scene.channel)
    form = await opened.view()
    zones = await slack.suggest(form, "zone", "berl", user=scene.maya)
    assert "Europe/Berlin" in str(zones.said)
    wrong = await slack.submit(form, {"filter": "after:tuesdayish"}, user=scene.maya)
    assert wrong.said["response_action"] == "errors"
    assert "filter" in wrong.said["errors"]
    sent = await slack.submit(form, {"filter": "cat:cs.CL"}, user=scene.maya)
    assert "Set up for #ml-papers" in text_of(await sent.view())
    (made,) = await bot.store.destinations.list()
    assert made.route.address == f"{scene.team.id}/{scene.channel.id}"
    assert (made.query, made.state) == ("cat:cs.CL", DestinationState.ACTIVE)
    assert slack.world.scheduled == {}  # the rehearsal was called off


async def test_where_the_bot_was_not_invited_it_says_what_to_type(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    scene.channel.members.discard(scene.token.bot_user)
    async with slack_bot(slack, scene, clock, tmp_path, slack_managers=[scene.maya.id]) as bot:
        asked = await slack.command("/papers", "channel add", user=scene.maya, channel=scene.channel)
        assert "/invite @paperboy" in text_of(await asked.message())
        assert await bot.store.destinations.list() == []


async def test_something_that_slack_repeats_is_answered_once(on_socket: SlackBot) -> None:
    slack, maya, channel = on_socket.server, on_socket.scene.maya, on_socket.scene.channel
    asked = await slack.command("/papers", "attention", user=maya, channel=channel)
    await asked.message()
    again = await slack.redeliver(asked)
    assert again.acknowledged
    later = await slack.command("/papers", "adapters", user=maya, channel=channel)
    await later.message()
    assert len(asked.seen("private")) == 1


async def test_a_shared_answer_is_everybodys_once_in_a_while(on_socket: SlackBot) -> None:
    slack, maya, channel = on_socket.server, on_socket.scene.maya, on_socket.scene.channel
    answer = await (await slack.command("/papers", "attention", user=maya, channel=channel)).message()
    shared = await slack.press(answer, "Share with all here", user=maya)
    public = await shared.message("public")
    assert "Attention in Small Places" in text_of(public)
    assert public.only_for is None
    soon = await slack.press(answer, "Share with all here", user=maya)
    assert "again" in text_of(await soon.message())


async def test_papers_like_those_of_a_message(on_socket: SlackBot) -> None:
    slack, maya = on_socket.server, on_socket.scene.maya
    message = slack.world.say(on_socket.scene.channel, maya, "Read https://arxiv.org/abs/2511.00001 !")
    found = await slack.message_shortcut("papers_like_this", message, user=maya)
    assert text_of(await found.message())


async def test_the_search_shortcut_opens_a_form(on_socket: SlackBot) -> None:
    slack, maya = on_socket.server, on_socket.scene.maya
    form = await (await slack.shortcut("search_papers", user=maya)).view()
    answered = await slack.submit(form, {"query": "attention"}, user=maya)
    assert "Attention in Small Places" in text_of(await answered.view())
