"""Answers to interactions: the first one in time, and what follows by the interaction's token."""

from typing import Any, Final

from tests.servers.discord.api import Call, DiscordError, insist, route
from tests.servers.discord.interaction_state import Callback, Interaction, InteractionType
from tests.servers.discord.message_rules import modal_problems
from tests.servers.discord.permissions import NONE, Permission
from tests.servers.discord.problems import Problem
from tests.servers.discord.sending import Draft, change, draft, new_message
from tests.servers.discord.state import EPHEMERAL, LOADING, Body, Message, MessageType

TOKEN: Final = "/webhooks/{webhook_id}/{webhook_token}"
ORIGINAL: Final = TOKEN + "/messages/@original"
FOLLOWUP: Final = TOKEN + "/messages/{message_id}"
MOST_FOLLOWUPS: Final = 5  # where the app is installed for the user alone

_ANSWERS: Final = {
    InteractionType.COMMAND: {Callback.MESSAGE, Callback.DEFERRED_MESSAGE, Callback.MODAL},
    InteractionType.COMPONENT: set(Callback) - {Callback.CHOICES},
    InteractionType.AUTOCOMPLETE: {Callback.CHOICES},
    InteractionType.MODAL: set(Callback) - {Callback.CHOICES, Callback.MODAL},
}
_UPDATES: Final = (Callback.UPDATE, Callback.DEFERRED_UPDATE)


@route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", token=False)
def answer(call: Call) -> Body | None:
    interaction = call.world.interactions.get(call.params["interaction_token"])
    if interaction is None or interaction.id != call.params["interaction_id"]:
        raise DiscordError(404, 10062, "Unknown interaction")
    if interaction.answer is not None:
        raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
    if not interaction.can_be_answered(call.now):
        raise DiscordError(404, 10062, "Unknown interaction")
    kind = call.body["type"]
    if kind not in _ANSWERS[interaction.type] or (kind in _UPDATES and interaction.message is None):
        insist([Problem(("type",), f"{kind} is no answer to an interaction of type {interaction.type}")])
    _do(call, interaction, Callback(kind), call.body.get("data") or {})
    interaction.answer = call.body
    interaction.answered_at = call.now
    return _told(interaction, Callback(kind)) if call.query.get("with_response") else None


def _do(call: Call, interaction: Interaction, kind: Callback, data: Body) -> None:
    match kind:
        case Callback.MODAL:
            insist(modal_problems(data))
        case Callback.MESSAGE:
            interaction.original = _post(call, interaction, _draft(call, interaction, data, ephemeral=True))
        case Callback.DEFERRED_MESSAGE:
            other = set(data) - {"flags"}
            if other or (data.get("flags") or 0) & ~EPHEMERAL:
                insist([Problem(("data",), "a deferred message has no content yet, nor other flags")])
            interaction.deferred = True
            promised = Draft(
                content="", embeds=[], components=[], attachments=[], mentions=[], mention_roles=[],
                mention_everyone=False, flags=(data.get("flags") or 0) | LOADING,
            )  # fmt: skip
            interaction.original = _post(call, interaction, promised)
        case Callback.UPDATE | Callback.DEFERRED_UPDATE:
            interaction.original = interaction.message
            if kind is Callback.UPDATE and interaction.message is not None:
                made = _draft(call, interaction, data, before=interaction.message)
                change(call, interaction.message, made)
        case Callback.CHOICES:
            pass
    if interaction.original is not None:
        interaction.ephemeral = interaction.original.only_for is not None


def _told(interaction: Interaction, kind: Callback) -> Body:
    """The answer's answer."""
    told: Body = {"id": interaction.id, "type": int(interaction.type), "channel_id": interaction.channel.id}
    if interaction.guild is not None:
        told["guild_id"] = interaction.guild.id
    message = interaction.original
    if message is None:
        return {"interaction": told}
    told["response_message_id"] = message.id
    told["response_message_loading"] = interaction.deferred
    told["response_message_ephemeral"] = interaction.ephemeral
    if kind in (Callback.MESSAGE, Callback.UPDATE):
        return {"interaction": told, "resource": {"type": int(kind), "message": message.shown()}}
    if kind is Callback.DEFERRED_MESSAGE:
        return {"interaction": told, "resource": {"type": int(Callback.MESSAGE), "message": message.shown()}}
    return {"interaction": told}


@route("POST", TOKEN, token=False)
def follow_up(call: Call) -> Body:
    interaction = _interaction(call)
    if interaction.deferred:  # the first one is the promised message
        return _edit_original(call, interaction)
    if interaction.only_user and len(interaction.followups) >= MOST_FOLLOWUPS:
        raise DiscordError(400, 40094, "Maximum number of follow-up messages for this interaction reached")
    message = _post(call, interaction, _draft(call, interaction, call.body, ephemeral=True))
    interaction.followups.append(message)
    return message.shown()


@route("GET", ORIGINAL, token=False)
def get_original(call: Call) -> Body:
    return _original(_interaction(call)).shown()


@route("PATCH", ORIGINAL, token=False)
def edit_original(call: Call) -> Body:
    return _edit_original(call, _interaction(call))


@route("DELETE", ORIGINAL, token=False)
def delete_original(call: Call) -> None:
    interaction = _interaction(call)
    call.world.delete(_original(interaction))
    interaction.original, interaction.deferred = None, False


@route("GET", FOLLOWUP, token=False)
def get_followup(call: Call) -> Body:
    return _followup(call, _interaction(call)).shown()


@route("PATCH", FOLLOWUP, token=False)
def edit_followup(call: Call) -> Body:
    interaction = _interaction(call)
    message = _followup(call, interaction)
    if message is interaction.original:
        return _edit_original(call, interaction)
    return change(call, message, _draft(call, interaction, call.body, before=message)).shown()


@route("DELETE", FOLLOWUP, token=False)
def delete_followup(call: Call) -> None:
    interaction = _interaction(call)
    message = _followup(call, interaction)
    call.world.delete(message)
    if message is interaction.original:
        interaction.original, interaction.deferred = None, False
    else:
        interaction.followups.remove(message)


def _interaction(call: Call) -> Interaction:
    """The one whose token is in the path, if it was answered and its time is not over."""
    interaction = call.world.interactions.get(call.params["webhook_token"])
    known = interaction is not None and call.params["webhook_id"] == call.world.application.id
    if interaction is None or not known or interaction.callback in (None, Callback.CHOICES):
        raise DiscordError(404, 10015, "Unknown Webhook")
    if not interaction.token_lives(call.now):
        raise DiscordError(401, 50027, "Invalid Webhook Token")
    return interaction


def _original(interaction: Interaction) -> Message:
    message = interaction.original
    if message is None:
        raise DiscordError(404, 10008, "Unknown Message")
    return message


def _followup(call: Call, interaction: Interaction) -> Message:
    found = [one for one in interaction.messages if one.id == call.params["message_id"]]
    if not found:
        raise DiscordError(404, 10008, "Unknown Message")
    return found[0]


def _edit_original(call: Call, interaction: Interaction) -> Body:
    message = _original(interaction)
    made = _draft(call, interaction, call.body or {}, before=message, ephemeral=interaction.deferred)
    made.fill(message)
    message.flags = message.flags & ~LOADING & ~EPHEMERAL | (EPHEMERAL if message.only_for else 0)
    if not interaction.deferred:
        message.edited_at = call.now
    interaction.deferred = False
    interaction.edits += 1
    call.world.edited(message)
    return message.shown()


def _draft(call: Call, interaction: Interaction, body: Body, **how: Any) -> Draft:
    return draft(
        call.world, interaction.channel, body, call.files, allowed=_allowed(call, interaction), **how
    )


def _allowed(call: Call, interaction: Interaction) -> Permission:
    """An answer needs no permission; only whom it may mention depends on the bot's."""
    own = NONE if interaction.only_user else call.allowed(interaction.channel)
    return own | Permission.EMBED_LINKS | Permission.ATTACH_FILES


def _post(call: Call, interaction: Interaction, made: Draft) -> Message:
    private = bool(made.flags & EPHEMERAL) or _must_be_private(interaction)
    message = new_message(
        call,
        interaction.channel,
        made,
        by_app=True,
        only_for=interaction.user if private else None,
        metadata=_metadata(interaction),
        type=MessageType.COMMAND if interaction.type is InteractionType.COMMAND else MessageType.DEFAULT,
    )
    if private:
        message.flags |= EPHEMERAL
    call.world.post(message)
    return message


def _must_be_private(interaction: Interaction) -> bool:
    """Where the app is the person's own, and they may not show such apps' answers to others."""
    if not interaction.only_user or interaction.guild is None:
        return False
    member = interaction.guild.members.get(interaction.user.id)
    return member is None or Permission.USE_EXTERNAL_APPS not in interaction.guild.may(
        member, interaction.channel
    )


def _metadata(interaction: Interaction) -> Body:
    owners = {"1": interaction.user.id} if interaction.only_user else {"0": _home(interaction)}
    body: Body = {
        "id": interaction.id,
        "type": int(interaction.type),
        "user": interaction.user.shown(),
        "authorizing_integration_owners": owners,
    }
    if interaction.type is InteractionType.COMPONENT and interaction.message is not None:
        body["interacted_message_id"] = interaction.message.id
    if interaction.type is InteractionType.MODAL:
        body["triggering_interaction_metadata"] = body | {"type": int(InteractionType.COMMAND)}
    return body


def _home(interaction: Interaction) -> str:
    """Of the server where the app is, or 0 in direct messages."""
    return interaction.guild.id if interaction.guild is not None else "0"
