"""The pages of links in mails: one confirms an address, one stops mail to it.

To look at either changes nothing, since mail programs and scanners look at links on their own; only a POST
does: by the button on the page, or by a mail program's own button (RFC 8058), which asks nobody again.
"""

from collections.abc import Sequence

from aiohttp import web

from adapters.web.answers import Body, answer
from adapters.web.render import Renderer
from bot.mail.service import Mail


class MailPages:
    """Handlers, one a route."""

    def __init__(self, mail: Mail, renderer: Renderer) -> None:
        self._mail = mail
        self._renderer = renderer

    def routes(self) -> Sequence[web.RouteDef]:
        """Each has a name, by which it is known to be ours."""
        return [
            web.get("/mail/confirm/{token}", self.ask_to_confirm, name="mail-confirm"),
            web.post("/mail/confirm/{token}", self.confirm, name="mail-confirmed"),
            web.get("/mail/stop/{token}", self.ask_to_stop, name="mail-stop"),
            web.post("/mail/stop/{token}", self.stop, name="mail-stopped"),
        ]

    async def ask_to_confirm(self, request: web.Request) -> web.Response:
        """Asks whether papers are to come to the address to which the link was mailed."""
        return self._page(
            request,
            "Papers by mail?",
            "Somebody wants research papers from Paperboy by mail to the address where you found this link. "
            "If that is you, confirm it.",
            "Confirm this address",
        )

    async def confirm(self, request: web.Request) -> web.Response:
        """Confirms it."""
        await self._mail.confirm_by_link(request.match_info["token"])
        return self._page(
            request,
            "Your address is confirmed",
            "In the chat where you asked for it, subscriptions can come by mail now. Every mail has a link "
            "that stops them.",
        )

    async def ask_to_stop(self, request: web.Request) -> web.Response:
        """Asks whether no more mail is to go to the address to which the link was mailed."""
        return self._page(
            request,
            "Stop these mails?",
            "No more mail goes to the address where you found this link, and the address is forgotten. What "
            "you are subscribed to by mail alone ends.",
            "Stop these mails",
        )

    async def stop(self, request: web.Request) -> web.Response:
        """Stops it."""
        await self._mail.stop_by_link(request.match_info["token"])
        return self._page(
            request, "No more mail comes", "No more mail goes to that address, and the address is forgotten."
        )

    def _page(self, request: web.Request, heading: str, sentence: str, button: str = "") -> web.Response:
        page = self._renderer.page("mail.html", section="", heading=heading, sentence=sentence, button=button)
        return answer(request, Body.of(page), keep="no-store")
