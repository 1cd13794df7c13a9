"""Slack on loopback, whole: the server, and what people do in it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.servers.slack import payloads, respond, views
from tests.servers.slack.controls import action_of, find, state_of
from tests.servers.slack.exchange import Exchange
from tests.servers.slack.http_mode import HttpMode
from tests.servers.slack.state import Body, Channel, Link, Message, Team, User, View
from tests.servers.slack.transport import Transport
from tests.servers.slack.web import SlackWeb


class SlackServer(SlackWeb):
    """A stand-in for Slack: an async context manager, or `in_thread`.

    Set up `world`, start an app against `api_url`, and act as people do: `command`, `press`, `submit`. The
    app is reached by Socket Mode unless `use_http` names its address. What no specification describes is
    refused, and raised when the server is closed.
    """

    http: HttpMode | None = None

    @property
    def transport(self) -> Transport:
        return self.http or self.socket

    def use_http(self, url: str, signing_secret: str) -> HttpMode:
        """From now on the app is called at this address."""
        self.http = HttpMode(self.world, url, signing_secret)
        return self.http

    async def stop(self) -> None:
        if self.http is not None:
            await self.http.close()
        await super().stop()

    # --- what people do --------------------------------------------------------------------------

    async def command(self, name: str, text: str = "", *, user: User, channel: Channel) -> Exchange:
        """Somebody types a command, where they have a field to type in."""
        assert channel.open_to(user), f"{user.id} may not post in {channel.id}, and can type nothing there."
        link = self.world.new_link(user, channel)
        payload = payloads.command(
            self.world,
            name,
            text,
            user=user,
            channel=channel,
            trigger=self.world.new_trigger(user),
            response_url=self._address(link),
        )
        exchange = await self._exchange(payload, user, channel, link)
        self._show_ack(exchange, link)
        return exchange

    async def press(
        self,
        where: Message | View,
        name: str,
        *,
        user: User,
        value: Any = None,
        filled: Mapping[str, Any] | None = None,
        nth: int = 0,
    ) -> Exchange:
        """Somebody presses or chooses: `name` is a label, a value or an action id; `value` what is chosen,
        `filled` what else of a view is filled in already.
        """
        control = find(where.blocks, name, nth)
        action = action_of(control, self.world.new_ts(), value)
        if isinstance(where, View):
            assert where.user == user.id, f"{user.id} does not see {where.id}."
            chosen = {} if value is None else {control.element["action_id"]: value}
            held = {**(filled or {}), **chosen}
            payload = payloads.in_view(
                self.world,
                "block_actions",
                where,
                state_of(where.blocks, held, submitted=False),
                user=user,
                trigger_id=self.world.new_trigger(user, where),
                actions=[action],
            )
            return await self._exchange(payload, user)
        assert where.only_for in (None, user.id), f"{user.id} does not see {where.ts}."
        link = self.world.new_link(user, where.channel, where)
        payload = payloads.in_message(
            self.world,
            where,
            user=user,
            response_url=self._address(link),
            trigger=self.world.new_trigger(user),
        )
        payload |= {"actions": [action], "state": {"values": {}}}
        return await self._exchange(payload, user, where.channel, link)

    async def submit(self, view: View, values: Mapping[str, Any] | None = None, *, user: User) -> Exchange:
        """Somebody fills in a modal, by block or action id, and submits it."""
        assert self.world.modals.get(user.id, [])[-1:] == [view], f"{user.id} does not have {view.id} open."
        payload = payloads.in_view(
            self.world,
            "view_submission",
            view,
            state_of(view.blocks, values or {}, submitted=True),
            user=user,
            trigger_id=self.world.new_trigger(user, view),
            response_urls=[],
        )
        exchange = await self._exchange(payload, user)
        if exchange.acknowledged:
            self._follow(view, exchange.said)
            self.changed()
        return exchange

    async def close(self, view: View, *, user: User) -> Exchange | None:
        """Somebody closes a modal; the app hears of it only if the view asks for that."""
        views.close_top(self.world, user.id)
        if not view.content.get("notify_on_close"):
            return None
        payload = payloads.in_view(self.world, "view_closed", view, {}, user=user, is_cleared=False)
        return await self._exchange(payload, user)

    async def suggest(self, where: View, name: str, typed: str, *, user: User) -> Exchange:
        """Somebody types into a select whose options the app gives; the acknowledgement holds them."""
        control = find(where.blocks, name)
        beside = {
            "action_id": control.element["action_id"],
            "block_id": control.block["block_id"],
            "value": typed,
        }
        payload = payloads.in_view(self.world, "block_suggestion", where, {}, user=user, **beside)
        exchange = await self._exchange(payload, user)
        if exchange.acknowledged:
            self._check_options(exchange.said)
        return exchange

    async def shortcut(self, callback_id: str, *, user: User) -> Exchange:
        """Somebody uses a global shortcut."""
        trigger = self.world.new_trigger(user)
        payload = payloads.shortcut(self.world, callback_id, user=user, trigger=trigger)
        return await self._exchange(payload, user)

    async def message_shortcut(self, callback_id: str, message: Message, *, user: User) -> Exchange:
        """Somebody uses a shortcut in a message's menu."""
        link = self.world.new_link(user, message.channel)
        payload = payloads.message_action(
            self.world,
            callback_id,
            message,
            user=user,
            trigger=self.world.new_trigger(user),
            response_url=self._address(link),
        )
        return await self._exchange(payload, user, message.channel, link)

    # --- what happens ----------------------------------------------------------------------------

    async def event(self, content: Body, *, team: Team) -> Exchange:
        """Something happens; `content` is the event itself, with its `type`."""
        channel = self.world.channels.get(str(content.get("channel")))
        user = self.world.users.get(str(content.get("user")))
        return await self._exchange(payloads.event(self.world, team, content, channel=channel), user, channel)

    async def open_home(self, user: User, tab: str = "home") -> Exchange:
        """Somebody opens the app's home page."""
        home = self.world.homes.get(user.id)
        content = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": self.world.direct(user, user.team.bot_user).id,
            "tab": tab,
            "event_ts": self.world.new_ts(),
            **({"view": home.shown()} if home is not None else {}),
        }
        return await self.event(content, team=user.team)

    async def share_links(self, message: Message, links: Sequence[str]) -> Exchange:
        """Somebody wrote links of a domain that the app unfurls."""
        channel = message.channel
        unfurl = self.world.new_id("unfurl-")
        self.world.unfurls[unfurl] = message
        content = {
            "type": "link_shared",
            "channel": channel.id,
            "user": message.sender,
            "message_ts": message.ts,
            "links": [{"domain": urlsplit(link).hostname, "url": link} for link in links],
            "is_bot_user_member": channel.team.bot_user in channel.members,
            "unfurl_id": unfurl,
            "source": "conversations_history",
            "event_ts": message.ts,
            **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
        }
        return await self.event(content, team=channel.team)

    async def uninstall(self, team: Team) -> Exchange:
        """The app is removed from a workspace: its tokens are revoked, and it hears of that once."""
        self.world.revoke(team)
        return await self.event({"type": "app_uninstalled"}, team=team)

    async def redeliver(self, exchange: Exchange, *, attempt: int = 1, reason: str = "timeout") -> Exchange:
        """The same payload comes again, as when Slack did not hear the acknowledgement."""
        payload = exchange.payload
        again = Exchange(self, payload, exchange.user, exchange.channel, exchange.link)
        again.ack = await self.transport.send(payload, attempt=attempt, reason=reason)
        return again

    # --- helpers ---------------------------------------------------------------------------------

    async def _exchange(
        self, payload: Body, user: User | None, channel: Channel | None = None, link: Link | None = None
    ) -> Exchange:
        kind = "slash_commands" if "command" in payload else payload["type"]
        problems = self.spec.payload_problems(kind, payload)
        assert not problems, problems
        exchange = Exchange(self, payload, user, channel, link)
        exchange.ack = await self.transport.send(payload)
        if exchange.said is not None and not payloads.wants_answer(payload):
            self.violations.append(f"{kind} was acknowledged with {exchange.said!r}")
        return exchange

    def _address(self, link: Link) -> str:
        return f"{self.url}/respond/{link.id}"

    def _show_ack(self, exchange: Exchange, link: Link) -> None:
        """An acknowledgement that says something is an answer, as by the response_url."""
        if not exchange.said:
            return
        body = {"text": exchange.said} if isinstance(exchange.said, str) else exchange.said
        problems = respond.problems(self.spec, body)
        if problems:
            self.violations.extend(problems)
            return
        respond.show(self.world, link, body)
        self.changed()

    def _follow(self, view: View, content: Any) -> None:
        """Does what the acknowledgement of a submission says: nothing closes the view."""
        match (content or {}).get("response_action"):
            case None:
                views.close_top(self.world, view.user)
            case "clear":
                views.close_all(self.world, view.user)
            case "errors":
                inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
                errors = content.get("errors") or {}
                if not errors or not set(errors) <= inputs or not all(errors.values()):
                    self.violations.append(f"errors for {set(errors)}, of the inputs {inputs}")
            case "update" | "push" as action:
                self._replace(view, action, content.get("view"))
            case other:
                self.violations.append(f"response_action {other!r}")

    def _replace(self, view: View, action: str, content: Body) -> None:
        problems = self.spec.block_kit.view(content)
        if problems:
            self.violations.extend(f"response_action {action}: {one}" for one in problems)
        elif action == "update":
            views.change(self.world, view, views.complete(content))
        else:
            views.show(self.world, view.user, view.team, views.complete(content), on_top_of=view)

    def _check_options(self, content: Any) -> None:
        select = {
            "type": "static_select",
            "placeholder": {"type": "plain_text", "text": "…"},
            "action_id": "a",
        }
        blocks = [{"type": "actions", "elements": [select | (content or {})]}]
        if (content or {}).get("options") == []:  # nothing found is an answer too
            return
        self.violations.extend(f"options: {one}" for one in self.spec.block_kit.blocks(blocks))
