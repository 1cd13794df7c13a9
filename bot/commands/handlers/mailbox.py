"""`mail add`, `mail confirm` and `mail stop`: papers by mail, once the mailbox has proved to be theirs."""

import re
from typing import Final

from bot.commands.actions import Verb
from bot.commands.handlers.subscribing import LIST
from bot.commands.model import Actor, Call, Reply
from bot.commands.offering import NO_MAIL
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.view import button, buttons, note, say, typed
from bot.errors import InputError
from bot.mail.service import Mail
from bot.people.mailboxes import Mailbox

_NAMED: Final = re.compile(r"[^<>]*<([^<>]*)>")  # Maya Lin <maya@example.org>
_EDIT: Final = "subscription edit 1 route=mail"


async def add(call: Call, services: Services, surface: Surface) -> Reply:
    """Mails a code to the address that somebody names."""
    mail, given = _mail(services), _alone(call.text("address"))
    person = await services.meet(call.actor)
    address = await mail.ask(person.recipient_id, given)
    return say(
        [f"A code is on its way to {address}. Type ", typed(surface, "mail confirm CODE"), " with it here."],
        note("It takes a minute, and may lie among what your mailbox takes for spam."),
    )


async def confirm(call: Call, services: Services, surface: Surface) -> Reply:
    """Makes the mailbox that the code was mailed to a way to them."""
    mail = _mail(services)
    person = await services.meet(call.actor)
    made = await mail.confirm(person.recipient_id, call.text("code"))
    example = typed(surface, "subscribe retrieval augmented generation route=mail")
    return say(
        [f"Mail to {made.address} is confirmed. Subscribe by it, such as with ", example, "."],
        note("To have what you are subscribed to by mail, change its way: ", typed(surface, _EDIT), "."),
        *buttons(LIST),
    )


async def stop(call: Call, services: Services, surface: Surface) -> Reply:
    """Stops mail to them, and forgets the address."""
    mail = _mail(services)
    mailbox = await _mailbox(mail, services, call.actor)
    if not call.sure:
        sure = button("Stop mail to me", Verb.SURE, "mail stop", danger=True)
        return say(
            f"This stops mail to {mailbox.address} and forgets the address. What you are subscribed to by "
            "mail alone ends.",
            *buttons(sure),
        )
    await mail.stop(mailbox, call.actor.name)
    return say(f"No more mail goes to {mailbox.address}, and the address is forgotten.", *buttons(LIST))


def _alone(text: str) -> str:
    """The address without the name that mail programs put in front. Raises `InputError`."""
    named = _NAMED.fullmatch(text)
    address = named[1].strip() if named is not None else text
    if " " in address or "," in address:
        raise InputError("Write one mail address and nothing else, like maya@example.org.")
    return address


def _mail(services: Services) -> Mail:
    if services.mail is None:
        raise InputError(NO_MAIL)
    return services.mail


async def _mailbox(mail: Mail, services: Services, actor: Actor) -> Mailbox:
    person = await services.find(actor)
    mailbox = None if person is None else await mail.of(person.recipient_id)
    if mailbox is None:
        raise InputError("No mail goes to you: you have confirmed no address.")
    return mailbox


__all__ = ["add", "confirm", "stop"]
