"""`response_url`: what an app answers by the address that came with a command or a press."""

from typing import Final

from tests.servers.slack.api import SlackError
from tests.servers.slack.chat import content_of
from tests.servers.slack.spec import Spec
from tests.servers.slack.state import Body, Link, Message
from tests.servers.slack.world import World

MOST_USES: Final = 5
_FLAGS: Final = ("response_type", "replace_original", "delete_original")
_KNOWN: Final = {
    *_FLAGS,
    "text",
    "blocks",
    "attachments",
    "thread_ts",
    "unfurl_links",
    "unfurl_media",
    "metadata",
}


def use(world: World, link: Link) -> None:
    """Counts a use. Raises if the address serves no more."""
    if link.until <= world.now():
        raise SlackError("expired_url")
    if link.uses >= MOST_USES:
        raise SlackError("used_url")
    link.uses += 1


def problems(spec: Spec, body: Body) -> list[str]:
    """What is wrong with an answer in itself."""
    wrong = [f"response_url: unknown field {name!r}" for name in set(body) - _KNOWN]
    if body.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
        wrong.append(f"response_url: response_type {body['response_type']!r}")
    if body.get("blocks") is not None:
        wrong += [f"response_url: {one}" for one in spec.block_kit.blocks(body["blocks"])]
    if not body.get("delete_original") and not (
        body.get("text") or body.get("blocks") or body.get("attachments")
    ):
        wrong.append("response_url: no_text")
    return wrong


def show(world: World, link: Link, body: Body) -> None:
    """Does what a sound answer says. Raises what Slack says to one that cannot be done."""
    origin = link.origin
    if body.get("delete_original"):
        if origin is None:
            raise SlackError("message_not_found")
        _place(origin).remove(origin)
        world.show_message("deleted", origin, link)
    elif body.get("replace_original") and origin is not None:
        origin.content = content_of(body)
        origin.edits += 1
        world.show_message("replaced", origin, link)
    else:
        _post(world, link, body)


def _post(world: World, link: Link, body: Body) -> None:
    public = body.get("response_type") == "in_channel"
    channel = link.channel
    message = Message(
        ts=world.new_ts(),
        channel=channel,
        sender=link.user.team.bot_user,
        bot=link.user.team.bot_id,
        content=content_of(body),
        only_for=None if public else link.user.id,
        thread_ts=body.get("thread_ts"),
    )
    _place(message).append(message)
    world.show_message("public" if public else "private", message, link)


def _place(message: Message) -> list[Message]:
    return message.channel.messages if message.only_for is None else message.channel.ephemeral
