"""Every button once, as it is pressed, over the real store and search."""

from collections.abc import Awaitable, Callable, Sequence

import pytest

from bot.commands.actions import Action, Verb
from bot.commands.table import BUTTONS, OF_COMMANDS
from bot.model import Delivery, DeliveryState, IdScheme, PaperId
from bot.view.doc import Actions
from tests.contract.commands import ADAPTERS, ATTENTION, NOW, World, buttons_of, text_of
from tests.contract.rows import MINUTE, queue

Preparing = Callable[[World], Awaitable[str]]


def holding(argument: str, *before: str) -> Preparing:
    """A button with this argument, after these commands."""

    async def prepare(world: World) -> str:
        for text in before:
            await world.run(text)
        return argument

    return prepare


async def channel_id(world: World) -> str:
    return (await world.channel()).id


async def paused_id(world: World) -> str:
    one = await world.channel()
    await world.run("channel pause")
    return one.id


async def channel_and_paper(world: World) -> str:
    return f"{(await world.channel()).id} {ATTENTION}"


async def move_to_discord(world: World) -> str:
    await world.run("subscribe attention")
    (one,) = await world.store.destinations.list()
    return f"{one.id} discord"


async def subscription_id(world: World) -> str:
    made = await world.run("subscribe attention")
    return buttons_of(made)["Take it back"].removeprefix("unsubscribe:")


async def all_numbers(world: World) -> str:
    return buttons_of(await world.run("today"))["Show the other 2"].removeprefix("others:")


async def sent(world: World) -> str:
    return (await a_delivery(world, DeliveryState.SENT)).id


async def doubtful(world: World) -> str:
    return (await a_delivery(world, DeliveryState.IN_DOUBT)).id


async def a_delivery(world: World, state: DeliveryState) -> Delivery:
    """A digest of the channel that came to this."""
    paper = await world.store.papers.find(PaperId(IdScheme.ARXIV, "2511.00001"))
    assert paper is not None
    planned = await queue(world.store, await world.channel(), [paper.id], NOW)
    (claimed,) = await world.store.outbox.claim("w", ["slack"], NOW, MINUTE, 1)
    await world.store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    if state is DeliveryState.SENT:
        await world.store.outbox.sent(claimed.id, claimed.fence, NOW, "1732.5")
    else:
        await world.store.outbox.in_doubt(claimed.id, claimed.fence, NOW, "The line was cut.")
    return planned


PRESSES: Sequence[tuple[Verb, Preparing, str]] = (
    (Verb.SAVE, holding(ATTENTION), "is on your list."),
    (Verb.UNSAVE, holding(ATTENTION, "save 2511.00001"), "is off your list."),
    (Verb.HIDE, holding(ATTENTION), "is hidden for you"),
    (Verb.UNHIDE, holding(ATTENTION), "is shown to you again."),
    (Verb.MORE, holding(ATTENTION), "Remembered: papers like it come earlier"),
    (Verb.LESS, holding(ATTENTION), "Papers like “Attention in Small Places” come later"),
    (Verb.NEITHER, holding(ATTENTION), "teaches nothing any more."),
    (Verb.RESET, holding("", "save 2511.00001"), "Forgotten: 1 paper teaches nothing any more"),
    (Verb.WHY, holding(ATTENTION), "Trending of the day: place 1 of 7."),
    (Verb.SIMILAR, holding(ATTENTION), "Near in meaning to “Attention in Small Places”"),
    (Verb.PAPER, holding(ADAPTERS), "Abstract: We study"),
    (Verb.BAN, channel_and_paper, "will not be in digests of #ml-papers."),
    (Verb.SHARE, holding("- attention"), "Shared by Ada."),
    (Verb.PAGE, holding("- attention"), "2 papers match “attention”"),
    (Verb.OTHERS, all_numbers, "2 more papers"),
    (Verb.SUBSCRIBE, holding("attention"), "2 papers of the last seven days match it."),
    (Verb.UNSUBSCRIBE, subscription_id, "Your subscription to “attention” has ended."),
    (Verb.RESUBSCRIBE, holding("attention"), "You are subscribed to “attention”"),
    (Verb.AUTHORS, holding(ATTENTION), "“Attention in Small Places” is by:"),
    (Verb.FOLLOW, holding(f"{ATTENTION} Bo Li"), 'author:"Bo Li"'),
    (Verb.FORM, holding("channel add"), "sets it up"),
    (Verb.RUN, holding("trending week"), "Trending papers of the week"),
    (Verb.SURE, holding("channel add"), "Set up for #ml-papers"),
    (Verb.FIRST, channel_id, "It is on its way to #ml-papers."),
    (Verb.RESUME, paused_id, "goes on, without a backlog"),
    (Verb.MOVE, move_to_discord, "You have no direct messages on Discord that I know of."),
    (Verb.REMOVE, channel_id, "The digest of #ml-papers has ended."),
    (Verb.DELETE, sent, "The digest is deleted."),
    (Verb.ARRIVED, doubtful, "it counts as arrived"),
    (Verb.AGAIN, doubtful, "It is sent again."),
    (Verb.FORGET, holding("", "save 2511.00001"), "All that was stored of you is deleted."),
    (Verb.SEARCH, holding(""), "`/papers search flash attention`"),
)


@pytest.mark.parametrize(("verb", "prepare", "says"), PRESSES, ids=[str(one[0]) for one in PRESSES])
async def test_a_button_does_what_it_stands_for(
    world: World, verb: Verb, prepare: Preparing, says: str
) -> None:
    reply = await world.press(Action(verb, await prepare(world)))
    assert says in text_of(reply)
    assert reply.shared is (verb is Verb.SHARE)


async def test_a_chosen_paper_offers_all_that_its_menu_has(world: World) -> None:
    following = ["Subscribe to more like it", "Follow an author"]
    menu = ["Save this paper", "Why it trends", "More like it", "Less like it", "Hide it for me"]
    assert await chosen(world) == [*menu, *following]
    await world.run("save 2511.00001")
    assert (await chosen(world))[0] == "Remove it from my list"
    assert await chosen(world, " d1") == [
        "Remove it from my list",
        *menu[1:],
        "Not for this channel",
        *following,
    ]


async def chosen(world: World, destination: str = "") -> list[str]:
    """The labels below a paper that was chosen out of an answer, or a digest."""
    reply = await world.press(Action(Verb.PAPER, f"{ATTENTION}{destination}"))
    return [one.label for block in reply.doc.blocks if isinstance(block, Actions) for one in block.buttons]


def test_every_button_is_proved_here() -> None:
    assert {verb for verb, _, _ in PRESSES} == set(Verb)
    assert set(BUTTONS) | OF_COMMANDS == set(Verb)


@pytest.mark.parametrize(
    "verb",
    sorted(set(Verb) - {Verb.FORGET, Verb.SEARCH, Verb.RUN, Verb.SURE, Verb.SUBSCRIBE, Verb.RESUBSCRIBE}),
)
@pytest.mark.parametrize("argument", ["", "nothing known", "999999,x", "\N{SNOWMAN}"])
async def test_a_button_of_what_is_gone_says_so(world: World, verb: Verb, argument: str) -> None:
    said = text_of(await world.press(Action(verb, argument)))
    assert "Something went wrong" not in said
    assert said.strip()


@pytest.mark.parametrize("text", ["", "save", "burn:arxiv:2511.00001", "save:" + "x" * 3_000])
async def test_what_no_version_wrote_on_a_button_does_nothing(world: World, text: str) -> None:
    assert "does nothing any more" in text_of(await world.press(text))
