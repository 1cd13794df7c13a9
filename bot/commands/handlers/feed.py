"""`my-feed`: the private feed of one's subscriptions, and another address for it."""

from bot.commands.actions import Verb
from bot.commands.model import Call, Reply
from bot.commands.ports import Surface
from bot.commands.private_feed import NEW_ADDRESS, places_of, private_feed_words, renew
from bot.commands.services import Services
from bot.commands.view import button, buttons, note, say, typed


async def my_feed(call: Call, services: Services, surface: Surface) -> Reply:
    """Where the private feed is, with a new address if that is asked for."""
    if services.page is None:
        return say("There are no private feeds here: whoever runs Paperboy switched the web page off.")
    person = await services.find(call.actor)
    places = [] if person is None else await places_of(services.store, person)
    if not places:
        example = typed(surface, "subscribe attention route=feed")
        return say(
            ["You have no private feed yet. ", example, " makes one: put what you like for attention."]
        )
    route = places[0].route
    blocks = []
    if call.text("change") == "new":
        route = await renew(services.store, places, services.ids)
        blocks.append(note(NEW_ADDRESS))
    return say(
        private_feed_words(route, services.page),
        *blocks,
        *buttons(button("Give it another address", Verb.RUN, "my-feed new")),
    )
