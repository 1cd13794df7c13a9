"""Between what somebody did in Slack and what a command answers: who they are, where, what becomes of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from adapters.slack import forms, views
from adapters.slack.api import Api, failures_told
from adapters.slack.hearing import Heard, texts_of, typed
from adapters.slack.people import People
from adapters.slack.render import blocks_of
from adapters.slack.replies import Replies, Shown, place_carried, place_of, said
from adapters.slack.surface import SlackSurface, untold
from adapters.slack.tokens import SURFACE, Tokens
from adapters.slack.workspaces import Workspaces
from bot.commands.actions import Action, Verb
from bot.commands.cards import LinkCards
from bot.commands.model import Actor, FormRequest, Reply, Standing
from bot.commands.registry import BY_NAME
from bot.commands.service import Commands
from bot.errors import PaperboyError
from bot.ids import ids_in
from bot.people.model import Identity
from bot.people.ports import InstallationStore
from bot.ports import Clock

_log = structlog.get_logger(__name__)

_ZONES_SHOWN: Final = 100
_MOST_NAMED: Final = 10  # papers of one message that others are to be like
_UNASKED: Final = (
    "Nothing is stored of you, since I cannot find out just now whether you are a member; you can search and "
    "read. Try again in a minute."
)


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a form: what Slack is to be answered (the errors by input, or the view with the answer),
    and the reply that the view shows.
    """

    answer: dict[str, Any]
    reply: Reply | None = None

    @classmethod
    def answered(cls, reply: Reply, place: str) -> "Submitted":
        return cls({"response_action": "update", "view": views.answer_view(reply.doc, place)}, reply)


class Conversation:
    """Answers people in Slack."""

    def __init__(
        self,
        api: Api,
        tokens: Tokens,
        people: People,
        workspaces: Workspaces,
        surface: SlackSurface,
        commands: Commands,
        installations: InstallationStore,
        clock: Clock,
        *,
        zones: Callable[[str], Sequence[str]],
    ) -> None:
        """`zones` gives the time zones that a few typed letters mean, the likeliest first."""
        self._people = people
        self._workspaces = workspaces
        self._surface = surface
        self._commands = commands
        self._installations = installations
        self._clock = clock
        self._zones = zones
        self._replies = Replies(api, tokens)
        self._cards = LinkCards(commands, clock)

    # --- what people do --------------------------------------------------------------------------

    async def command(self, who: Heard, text: str) -> None:
        """A slash command."""
        actor, place = await self._actor(who), place_of(who)
        reply = await self._commands.run(typed(text), actor, place, self._surface)
        await self._replies.by_message(who, place, reply)

    async def pressed(self, who: Heard, action: str, view: Mapping[str, Any] | None = None) -> None:
        """A button, or an item of a menu, in a message or in a view."""
        place = place_of(who) if view is None else place_carried(who, views.place_of(view))

        async def press() -> Reply:
            return await self._commands.press(action, await self._actor(who), place, self._surface)

        if view is None:
            await self._replies.by_message(who, place, await press())
        else:
            reply = await self._replies.in_view(who, place, press(), view)
            if reply.form is None:  # a form has changed nothing yet
                await self.home(who)

    async def opened_search(self, who: Heard) -> None:
        """The global shortcut."""

        async def ask() -> Reply:
            form = FormRequest(command=BY_NAME["search"])
            return Reply(doc=said("Type what you are looking for.").doc, form=form)

        await self._replies.in_view(who, place_of(who), ask())

    async def similar_to_message(self, who: Heard, message: Mapping[str, Any]) -> None:
        """The shortcut on a message: papers like those that it names, all together."""
        place = place_of(who)
        named = ids_in(texts_of(message))[:_MOST_NAMED]
        if named:
            action = str(Action(Verb.SIMILAR, " ".join(map(str, named))))
            reply = await self._commands.press(action, await self._actor(who), place, self._surface)
        else:
            reply = said("That message names no paper. It needs an arXiv id, or a link to a paper.")
        await self._replies.by_message(who, place, reply)

    # --- forms -----------------------------------------------------------------------------------

    async def submitted(self, who: Heard, view: Mapping[str, Any]) -> "Submitted":
        """What becomes of a form."""
        kept = views.place_of(view)
        try:
            command, values, subject = forms.submitted(view)
        except ValueError as error:
            return Submitted.answered(said(str(error)), kept)
        actor, place = await self._actor(who), place_carried(who, kept)
        outcome = await self._commands.submit(command, values, subject, actor, place, self._surface)
        if isinstance(outcome, Reply):
            return Submitted.answered(outcome, kept)
        return Submitted({"response_action": "errors", "errors": forms.errors_of(outcome, command)})

    async def late(
        self, who: Heard, view: Mapping[str, Any], work: "asyncio.Future[Submitted]", *, follow: bool
    ) -> None:
        """Shows what became of a form for which Slack could not wait; to `follow`, also what comes behind."""
        outcome = await work
        shown = outcome.answer.get("view")
        if shown is None:
            command, values, subject = forms.submitted(view)
            wrong = forms.worded(outcome.answer["errors"], command)
            there_is = forms.shown(view, command)
            request = FormRequest(command=there_is, values=values, subject=subject, intro=wrong)
            shown = forms.modal(request, views.place_of(view))
        there = await self._replies.update(who, Shown(str(view["id"])), shown)
        if follow and there is not None:
            await self.followed(who, view, outcome, there)

    async def followed(
        self, who: Heard, view: Mapping[str, Any], outcome: "Submitted", there: Shown | None = None
    ) -> None:
        """Shows what comes behind the answer to a form, in its place, where it is `there`."""
        if outcome.reply is not None:
            place = place_carried(who, views.place_of(view))
            await self._replies.follow(who, place, outcome.reply, there or Shown(str(view["id"])))

    async def previewed(self, who: Heard, view: Mapping[str, Any]) -> None:
        """Shows what the filter of a form would have brought in the last days."""
        command, values, subject = forms.submitted(view)
        lines = await self._commands.preview(command, values)
        there_is, intro = forms.shown(view, command), forms.intro_of(view)
        request = FormRequest(command=there_is, values=values, subject=subject, intro=intro)
        shown = forms.modal(request, views.place_of(view), preview=lines)
        there = Shown(str(view["id"]), str(view.get("hash") or ""))
        await self._replies.update(who, there, shown)

    def zones(self, letters: str) -> list[dict[str, Any]]:
        """The choices of a time zone."""
        return [forms.choice(zone, zone) for zone in self._zones(letters)[:_ZONES_SHOWN]]

    @staticmethod
    def waiting(view: Mapping[str, Any]) -> dict[str, Any]:
        """What is shown in place of a form while its answer takes a while."""
        return views.waiting_view(views.place_of(view))

    # --- events ----------------------------------------------------------------------------------

    async def home(self, who: Heard) -> None:
        """Publishes somebody's App Home."""
        actor = await self._actor(who)
        if actor.standing is Standing.EXTERNAL:  # they have none of ours
            return
        reply = await self._commands.home(actor, place_of(who), self._surface)
        client = await self._replies.client(who.tenant)
        with failures_told():
            await client.views_publish(user_id=who.user, view=views.home_view(reply.doc))

    async def uninstalled(self, who: Heard, event: Mapping[str, Any], at: datetime) -> None:
        """The app was removed, or its bot token revoked: what it posted to waits for its return."""
        revoked = event.get("tokens")
        if isinstance(revoked, Mapping) and not revoked.get("bot"):
            return  # tokens of people, of which we have none
        installation = await self._installations.get(SURFACE, who.tenant)
        if installation is None:
            _log.warning(
                "The app was removed from the workspace that PAPERBOY_SLACK_BOT_TOKEN is of. Install it "
                "again, and set the new token.",
                tenant=who.tenant,
            )
        elif at >= installation.installed_at.replace(microsecond=0):  # else it came back meanwhile
            await self._installations.gone(SURFACE, who.tenant, self._clock.now())
            _log.warning("The app was removed from a Slack workspace.", tenant=who.tenant)

    async def link_shared(self, who: Heard, event: Mapping[str, Any]) -> None:
        """Unfolds links to papers into cards."""
        unfolded: dict[str, Any] = {}
        for link in event.get("links") or ():
            url = str(link.get("url") or "")
            for paper_id in ids_in(url)[:1]:
                if (card := await self._cards.card(paper_id)) is not None:
                    unfolded[url] = {"blocks": blocks_of(card)}
        if not unfolded:
            return
        known = event.get("unfurl_id") and event.get("source")
        where = (
            {"unfurl_id": str(event["unfurl_id"]), "source": str(event["source"])}
            if known
            else {"channel": str(event["channel"]), "ts": str(event["message_ts"])}
        )
        client = await self._replies.client(who.tenant)
        with failures_told():
            await client.chat_unfurl(**where, unfurls=unfolded)

    # --- who ----------------------------------------------------------------------------------------

    async def _actor(self, who: Heard) -> Actor:
        identity, name = Identity(SURFACE, who.tenant, who.user), who.user_name or who.user
        try:
            profile = await self._people.profile(identity, enterprise=who.enterprise)
            if profile is not None:
                return Actor(
                    identity=identity, name=profile.name, standing=profile.standing, zone=profile.zone
                )
            own = await self._workspaces.has(who.tenant, who.user_team)
            known = own and await self._surface.vouched(identity)
        except PaperboyError as error:  # they can search and read; nothing is stored for who may be a guest
            _log.warning("Who somebody is could not be asked; they count as a guest.", error=str(error))
            return Actor(identity=identity, name=name, standing=Standing.GUEST, why=_UNASKED)
        if known:
            return Actor(identity=identity, name=name)
        if own:
            return Actor(identity=identity, name=name, standing=Standing.GUEST, why=untold(who.user))
        return Actor(identity=identity, name=name, standing=Standing.EXTERNAL)


def sent_at(body: Mapping[str, Any]) -> datetime:
    """When what an event tells of happened."""
    return datetime.fromtimestamp(int(body.get("event_time") or 0), UTC)


__all__ = ["Conversation", "Submitted", "sent_at"]
