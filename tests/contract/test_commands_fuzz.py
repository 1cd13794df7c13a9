"""Whatever is typed or pressed, by whomever: an answer comes, and never that something went wrong here."""

import random
from dataclasses import replace

import pytest

from bot.commands.actions import Action, Verb
from bot.commands.registry import BY_NAME
from bot.view.doc import Heading, Note, Section
from tests.contract.commands import ADA, ATTENTION, BEN, DIRECT, GUEST, HERE, World, buttons_of, text_of

STEPS = 600
WORDS = [
    *BY_NAME,
    *(
        "channel",
        "at=9:00",
        "at=",
        "max=3",
        "max=0",
        'filter="cat:cs.RO"',
        "filter=",
        "zone=UTC",
        "zone=Mars",
    ),
    *("days=mon", "query=x", "2511.00001", "2511.09999", "local:0123456789abcdef", "10.1145/3292500", "all"),
    *(
        "attention",
        "OR",
        "-",
        "(",
        '"',
        "'",
        "author:",
        'author:"x"',
        "sort:new",
        "after:7d",
        "week",
        "1",
        "99",
    ),
    *("json", "“", "”", "id:2511.00002 OR id:2511.00001", "\N{RIGHT-TO-LEFT OVERRIDE}", "\x00", "é" * 50),
]


async def test_nothing_that_is_typed_or_pressed_goes_wrong(world: World) -> None:
    chance = random.Random(7)
    for _ in range(STEPS):
        actor, place = chance.choice([ADA, ADA, BEN, GUEST]), chance.choice([HERE, HERE, DIRECT])
        words = " ".join(chance.choices(WORDS, k=chance.randint(0, 5)))
        if chance.random() < 0.6:
            what = chance.choice(["", f"{chance.choice(list(BY_NAME))} "]) + words
            reply = await world.run(what, actor, place)
        else:
            ids = [one.id for one in await world.store.destinations.list()]
            arguments = [
                words,
                ATTENTION,
                f"- {words}",
                f"1.5 {words}",
                "1,2,3",
                "channel edit",
                "subscribe",
                *ids,
            ]
            what = str(Action(chance.choice(list(Verb)), chance.choice(arguments)))
            reply = await world.press(what, actor, place)
        said = text_of(reply)
        assert said.strip(), what
        assert "Something went wrong" not in said, what
        assert "reach its store" not in said, what
        assert all(Action.read(action) for action in buttons_of(reply).values()), what


@pytest.mark.parametrize(
    "text",
    [
        "`zebra`",
        "search `zebra` OR (",
        "export `zebra`",
        "paper `zebra`",
        "unsubscribe `zebra`",
        "channel add at=`zebra`",
        "channel add zone=`zebra`",
        "channel add filter=`zebra",
        "channel add `zebra` max=3",
        "channel edit `zebra`=1",
        "search cat:`zebra`",
        "search year:`zebra`",
        "search after:`zebra`",
        "search sort:`zebra`",
        "status",
        "channel show",
        "channel pause",
    ],
)
async def test_only_our_own_words_are_shown_as_something_to_type(world: World, text: str) -> None:
    place = replace(HERE, name="#`zebra`")
    await world.run("subscribe attention")
    await world.run("subscribe attention", BEN)
    for actor in (ADA, BEN):
        reply = await world.run(text, actor, place)
        spans = [
            span
            for block in reply.doc.blocks
            if isinstance(block, Heading | Section | Note)
            for span in block.spans
        ]
        assert "zebra" in text_of(reply)
        assert not any("zebra" in span.text for span in spans if span.code)
        assert any(span.code for span in spans) or "`" not in text_of(reply)
