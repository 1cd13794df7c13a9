"""Ways to people beside their direct messages, as `bot.commands.services.Services.offers` has them."""

from collections.abc import Sequence
from typing import Final

from bot.commands.ports import Surface
from bot.commands.services import Offer, RouteChoice
from bot.commands.view import typed
from bot.mail.service import Mail
from bot.model import Route
from bot.people.mailboxes import MAIL
from bot.people.model import Person

NO_MAIL: Final = "Mail is not set up here. Whoever runs Paperboy can do that: `paperboy setup mail`."
ADD: Final = "mail add ADDRESS"


async def why_not_by_mail(mail: Mail | None, person: Person, surface: Surface) -> str:
    """Why somebody cannot have what they subscribe to by mail, with what to do."""
    if mail is None:
        return NO_MAIL
    mailbox, add = await mail.of(person.recipient_id), typed(surface, ADD).shown
    if mailbox is None:
        return f"You have confirmed no mail address yet: {add} mails a code there."
    return f"Mail to you is paused: {mailbox.paused_why} {add} mails a code, which makes it go on."


def by_mail(mail: Mail) -> Offer:
    """Offers a mailbox that is confirmed, as long as mail arrives there."""

    async def offer(person: Person) -> Sequence[RouteChoice]:
        mailbox = await mail.of(person.recipient_id)
        if mailbox is None or mailbox.paused_at is not None:
            return ()
        return (RouteChoice(route=Route(surface=MAIL, address=mailbox.address), label="mail"),)

    return offer
