"""What Slack sends, brought to the commands: each is acknowledged at once, and answered behind that.

slack-bolt verifies and divides what comes over either transport; what to do is in `conversation`.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow

from adapters.slack import forms, views
from adapters.slack.api import Api
from adapters.slack.conversation import Conversation, Submitted, sent_at
from adapters.slack.hearing import Heard, heard
from adapters.slack.installed import Installed
from adapters.slack.manifest import SEARCH_SHORTCUT, SIMILAR_SHORTCUT
from adapters.slack.received import Received, kind_of
from adapters.slack.replies import PATIENCE
from adapters.slack.tokens import Tokens
from bot.errors import PaperboyError
from bot.logs import whereabouts
from bot.ports import Clock

_log = structlog.get_logger(__name__)

_REMEMBERED: Final = 20_000  # things that were answered: Slack repeats one within the hour, if at all


class SlackApp:
    """slack-bolt's application, and what is under way in it."""

    def __init__(
        self,
        api: Api,
        tokens: Tokens,
        conversation: Conversation,
        received: Received,
        clock: Clock,
        *,
        command: str,
        signing_secret: str | None,
        oauth: AsyncOAuthFlow | None = None,
    ) -> None:
        """`signing_secret` verifies what comes over HTTP; a socket is trusted by its own token."""
        self._conversation = conversation
        self._received = received
        self._answered: OrderedDict[str, asyncio.Future[Submitted] | None] = OrderedDict()
        self._working: set[asyncio.Task[None]] = set()
        self._installed = Installed(tokens, clock)
        self.bolt: Final = AsyncApp(
            name="paperboy",
            client=api.client(None),
            authorize=self._installed,  # type: ignore[arg-type]  # it may give None, which the stub leaves out
            signing_secret=signing_secret or "",
            request_verification_enabled=signing_secret is not None,
        )
        self.oauth: Final = oauth
        self.bolt.use(self._note)
        self.verifies: Final = signing_secret is not None
        self.bolt.command(command)(self._command)
        self.bolt.action(re.compile(".*"))(self._action)
        self.bolt.options(forms.ZONES)(self._zones)
        self.bolt.view(forms.CALLBACK)(self._form)
        self.bolt.shortcut(SEARCH_SHORTCUT)(self._search_shortcut)
        self.bolt.shortcut(SIMILAR_SHORTCUT)(self._similar_shortcut)
        for event in ("app_home_opened", "app_uninstalled", "tokens_revoked", "link_shared"):
            self.bolt.event(event)(self._event)
        self.bolt.error(self._failed)

    async def aclose(self) -> None:
        """Finishes the answers that are under way."""
        while self._working:
            await asyncio.gather(*self._working, return_exceptions=True)

    # --- what bolt calls -------------------------------------------------------------------------

    async def _note(self, body: dict[str, Any], next_: Callable[[], Awaitable[None]]) -> None:
        """Before anything is done about it: that something of its kind came at all."""
        kind = kind_of(body)
        if self._received.is_news(kind):
            self._work(self._received.note(kind))
        await next_()

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if self._is_first(body.get("trigger_id")):
            self._work(self._conversation.command(heard(body), str(body.get("text") or "")))

    async def _action(self, ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        if not self._is_first(body.get("trigger_id")):
            return
        if action.get("action_id") == forms.PREVIEW:
            self._work(self._conversation.previewed(heard(body), body["view"]))
        elif (chosen := _chosen(action)) is not None:
            self._work(self._conversation.pressed(heard(body), chosen, body.get("view")))

    async def _zones(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(options=self._conversation.zones(str(body.get("value") or "")))

    async def _form(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A form is answered in its own place: with what is wrong beside the inputs, or with the answer.

        Slack waits for three seconds. What takes longer says so, and the answer follows.
        """
        who, view = heard(body), body["view"]
        work, first = self._submission(str(body.get("trigger_id") or ""), who, view)
        done, _ = await asyncio.wait({work}, timeout=PATIENCE)
        if done:
            await ack(**work.result().answer)
            if first:
                self._work(self._conversation.followed(who, view, work.result()))
        else:
            await ack(response_action="update", view=self._conversation.waiting(view))
            self._work(self._conversation.late(who, view, work, follow=first))
        if not views.place_of(view):  # it was opened from the App Home, which shows what it changed
            self._work(self._refreshed(who, work))

    def _submission(
        self, trigger: str, who: Heard, view: Mapping[str, Any]
    ) -> "tuple[asyncio.Future[Submitted], bool]":
        """What becomes of a submission, and whether it is new: one that comes twice is handled once."""
        known = self._answered.get(trigger) if trigger else None
        if known is not None:
            return known, False
        work = asyncio.ensure_future(self._conversation.submitted(who, view))
        self._remember(trigger, work)
        return work, True

    async def _refreshed(self, who: Heard, work: "asyncio.Future[Submitted]") -> None:
        if (await asyncio.shield(work)).answer.get("response_action") != "errors":
            await self._conversation.home(who)

    async def _search_shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if self._is_first(body.get("trigger_id")):
            self._work(self._conversation.opened_search(heard(body)))

    async def _similar_shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if self._is_first(body.get("trigger_id")):
            self._work(self._conversation.similar_to_message(heard(body), body.get("message") or {}))

    async def _event(self, body: dict[str, Any]) -> None:
        """Slack repeats an event whose acknowledgement it missed."""
        if not self._is_first(body.get("event_id")):
            return
        event, who = body["event"], heard(body)
        match event.get("type"):
            case "app_home_opened" if event.get("tab", "home") == "home":
                self._work(self._conversation.home(who))
            case "app_uninstalled" | "tokens_revoked":
                self._work(self._conversation.uninstalled(who, event, sent_at(body)))
                self._installed.forget(who.tenant)
            case "link_shared":
                self._work(self._conversation.link_shared(who, event))
            case _:
                pass

    async def _failed(self, error: Exception, body: dict[str, Any]) -> None:
        """A bug, or something that Slack never documented: logged without what anybody typed."""
        _log.error(
            "Something that Slack sent could not be handled; this is a bug.",
            kind=str(body.get("type") or "command"),
            error=type(error).__name__,
            where=whereabouts(error),
        )

    # --- work that goes on behind an acknowledgement ----------------------------------------------

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except PaperboyError as error:
            _log.warning("An answer could not be given in Slack.", error=str(error))
        except Exception as error:  # noqa: BLE001 - one answer that fails must not take the others along
            _log.error(
                "An answer could not be given in Slack; this is a bug.",
                error=type(error).__name__,
                where=whereabouts(error),
            )

    def _is_first(self, key: object) -> bool:
        """Whether this was not answered before; what carries no key counts as new."""
        if not key:
            return True
        if str(key) in self._answered:
            return False
        self._remember(str(key), None)
        return True

    def _remember(self, key: str, work: "asyncio.Future[Submitted] | None") -> None:
        if not key:
            return
        self._answered[key] = work
        while len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)


def _chosen(action: Mapping[str, Any]) -> str | None:
    """The text of the action that was chosen: a button's value, or that of an item in a menu."""
    chosen = action.get("selected_option")
    value = chosen.get("value") if isinstance(chosen, Mapping) else action.get("value")
    return str(value) if value else None


__all__ = ["SlackApp"]
