"""Ways to people beside their direct messages, as `bot.commands.services.Services.offers` has them."""

from collections.abc import Sequence

from bot.commands.services import Offer, RouteChoice
from bot.mail.service import Mail
from bot.model import Route
from bot.people.mailboxes import MAIL
from bot.people.model import Person


def by_mail(mail: Mail) -> Offer:
    """Offers a mailbox that is confirmed, as long as mail arrives there."""

    async def offer(person: Person) -> Sequence[RouteChoice]:
        mailbox = await mail.of(person.recipient_id)
        if mailbox is None or mailbox.paused_at is not None:
            return ()
        return (RouteChoice(route=Route(surface=MAIL, address=mailbox.address), label="mail"),)

    return offer
