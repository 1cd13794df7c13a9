"""Mail by commands: an address is somebody's once a code came back from it, and never shows to others."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.commands.model import Actor
from bot.commands.offering import by_mail
from bot.commands.registry import COMMANDS
from bot.errors import InputError, NotAcceptedError
from bot.mail.service import Mail
from bot.mail.tokens import STOP, sealed
from bot.model import DestinationState
from bot.people.mailboxes import MAIL, identity_of
from bot.view.doc import Doc, Section
from bot.view.plain import to_plain
from tests.contract.commands import ADA, BEN, HERE, KEY, NOW, World, buttons_of, text_of

MAYA = "maya@example.org"
PAGE = "https://papers.example.org"


@dataclass
class Post:
    """What mails codes, and whose codes count up from 100001."""

    mailed: list[tuple[str, Doc]] = field(default_factory=list)
    failing: bool = False

    async def __call__(self, address: str, doc: Doc) -> None:
        if self.failing:
            raise NotAcceptedError("The mail server cannot be reached.")
        self.mailed.append((address, doc))

    def codes(self) -> Iterator[str]:
        number = 100_000
        while True:
            number += 1
            yield str(number)

    def link(self) -> str:
        """The one in the last mail."""
        (link,) = [
            span.url
            for block in self.mailed[-1][1].blocks
            if isinstance(block, Section)
            for span in block.spans
            if span.url
        ]
        return link


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def world(world: World, post: Post) -> World:
    codes = post.codes()
    mail = Mail(world.store.mailboxes, world.clock, KEY, lambda: next(codes), post, page=PAGE)
    world.services = replace(world.services, mail=mail, offers=[by_mail(mail)])
    return world


async def confirmed(world: World, address: str = MAYA, actor: Actor = ADA, code: str = "100001") -> None:
    await world.run(f"mail add {address}", actor)
    assert "is confirmed" in text_of(await world.run(f"mail confirm {code}", actor))


async def recipient(world: World, actor: Actor = ADA) -> str:
    person = await world.store.people.find(actor.identity)
    assert person is not None
    return person.recipient_id


def service(world: World) -> Mail:
    assert world.services.mail is not None
    return world.services.mail


async def test_a_code_makes_a_mailbox_a_way_to_somebody(world: World, post: Post) -> None:
    asked = text_of(await world.run("mail add Maya@Example.org"))
    assert f"A code is on its way to {MAYA}." in asked
    ((address, doc),) = post.mailed
    assert address == MAYA
    assert "100001" in to_plain(doc)
    assert text_of(await world.run("subscribe attention route=mail")).strip() == (
        "You have confirmed no mail address yet: `/papers mail add ADDRESS` mails a code there."
    )

    assert f"Mail to {MAYA} is confirmed." in text_of(await world.run("mail confirm 100 001"))
    assert "by mail" in text_of(await world.run("subscribe attention route=mail"))
    (place,) = await world.store.destinations.list()
    assert (place.route.surface, place.route.address, place.label) == (MAIL, MAYA, "mail")
    person = await world.store.people.find(identity_of(MAYA))
    assert person is not None
    assert person.recipient_id == await recipient(world)


@pytest.mark.parametrize("given", [f"Maya Lin <{MAYA}>", f'"Lin, Maya" <{MAYA}>', f"<{MAYA}>", f"  {MAYA} "])
async def test_an_address_may_stand_behind_a_name(world: World, post: Post, given: str) -> None:
    assert f"A code is on its way to {MAYA}." in text_of(await world.run(f"mail add {given}"))
    (command,) = (one for one in COMMANDS if one.name == "mail add")
    await world.commands.call(command, {"address": given}, BEN, HERE, world.room)
    assert [address for address, _ in post.mailed] == [MAYA, MAYA]


@pytest.mark.parametrize(
    "given", [f"{MAYA} please", f"Maya {MAYA}", f"{MAYA}, ben@example.org", f"<{MAYA}> x"]
)
async def test_what_is_more_than_an_address_is_a_mistake_and_no_search(
    world: World, post: Post, given: str
) -> None:
    (command,) = (one for one in COMMANDS if one.name == "mail add")
    for reply in (
        await world.run(f"mail add {given}"),
        await world.commands.call(command, {"address": given}, ADA, HERE, world.room),
    ):
        assert text_of(reply).strip() == "Write one mail address and nothing else, like maya@example.org."
    assert post.mailed == []


async def test_the_link_in_the_mail_does_the_same_once(world: World, post: Post) -> None:
    await world.run(f"mail add {MAYA}")
    token = post.link().removeprefix(f"{PAGE}/mail/confirm/")
    assert "100001" not in token
    for broken in (token[:-1], token + "A", token.swapcase(), "", "ü", sealed(KEY, STOP, MAYA), "x" * 10_000):
        with pytest.raises(InputError, match="not whole"):
            await service(world).confirm_by_link(broken)
    await service(world).confirm_by_link(token)
    assert await service(world).of(await recipient(world)) is not None
    with pytest.raises(InputError):
        await service(world).confirm_by_link(token)


async def test_without_a_public_address_the_mail_has_no_link(world: World, post: Post) -> None:
    mail = Mail(world.store.mailboxes, world.clock, KEY, lambda: "123456", post)
    await world.run("settings zone=UTC")
    await mail.ask(await recipient(world), MAYA)
    assert "http" not in to_plain(post.mailed[0][1])


@pytest.mark.parametrize("typed", ["100002", "000000", "maya", "100001x"])
async def test_another_code_confirms_nothing(world: World, typed: str) -> None:
    await world.run(f"mail add {MAYA}")
    assert "That is not the code" in text_of(await world.run(f"mail confirm {typed}"))
    assert await service(world).of(await recipient(world)) is None


async def test_a_code_is_the_askers_alone(world: World) -> None:
    await world.run(f"mail add {MAYA}")
    assert "That is not the code" in text_of(await world.run("mail confirm 100001", BEN))
    assert await world.store.people.find(identity_of(MAYA)) is None


async def test_a_code_is_good_for_half_an_hour(world: World) -> None:
    await world.run(f"mail add {MAYA}")
    world.clock.set(NOW + timedelta(minutes=30, seconds=1))
    assert "That is not the code" in text_of(await world.run("mail confirm 100001"))


async def test_a_newer_code_takes_the_place_of_the_one_before(world: World) -> None:
    await world.run(f"mail add {MAYA}")
    await world.run("mail add maya@example.net")
    assert "That is not the code" in text_of(await world.run("mail confirm 100001"))
    assert "maya@example.net is confirmed" in text_of(await world.run("mail confirm 100002"))


async def test_a_code_cannot_be_guessed_by_trying(world: World) -> None:
    await world.run(f"mail add {MAYA}")
    for number in range(5):
        await world.run(f"mail confirm {number:06}")
    assert "That is not the code" in text_of(await world.run("mail confirm 100001"))


async def test_nobodys_mailbox_is_filled_by_others(world: World, post: Post) -> None:
    for actor in (ADA, BEN):
        for _ in range(3):
            await world.run(f"mail add {MAYA}", actor)
    assert len(post.mailed) == 3
    assert "Too many codes" in text_of(await world.run(f"mail add {MAYA}", BEN))
    for number in range(8):
        await world.run(f"mail add someone{number}@example.org", BEN)
    assert len(post.mailed) == 9
    world.clock.set(NOW + timedelta(days=1, seconds=1))
    await world.run(f"mail add {MAYA}", BEN)
    assert len(post.mailed) == 10


async def test_codes_are_deleted_once_they_no_longer_count(world: World) -> None:
    await world.run(f"mail add {MAYA}")
    who = await recipient(world)
    await world.store.mailboxes.forget_codes(NOW)
    assert "mail_codes" in await world.store.people.held(who)
    await world.store.mailboxes.forget_codes(NOW + timedelta(seconds=1))
    assert "mail_codes" not in await world.store.people.held(who)


async def test_a_mail_that_cannot_go_out_is_told_at_once(world: World, post: Post) -> None:
    post.failing = True
    told = text_of(await world.run(f"mail add {MAYA}"))
    assert "could not be mailed: The mail server cannot be reached." in told
    assert MAYA not in told


async def test_a_mailbox_of_somebody_else_stays_theirs(world: World) -> None:
    await confirmed(world)
    await world.run(f"mail add {MAYA}", BEN)
    told = text_of(await world.run("mail confirm 100002", BEN))
    assert "somebody else" in told
    assert "Ada" not in told
    assert await service(world).of(await recipient(world, BEN)) is None
    owner = await world.store.people.find(identity_of(MAYA))
    assert owner is not None
    assert owner.recipient_id == await recipient(world)


async def test_a_new_address_takes_over_what_went_to_the_old(world: World) -> None:
    await confirmed(world)
    await world.run("subscribe attention route=mail")
    await confirmed(world, "maya@example.net", code="100002")
    (place,) = await world.store.destinations.list()
    assert place.route.address == "maya@example.net"
    assert await world.store.people.find(identity_of(MAYA)) is None
    assert await world.store.mailboxes.at(MAYA) is None


async def test_mail_is_stopped_after_a_question_and_the_address_forgotten(world: World) -> None:
    await confirmed(world)
    await world.run("subscribe attention route=mail")
    await world.run("subscribe adapters route=mail,here")
    question = await world.run("mail stop")
    assert await service(world).of(await recipient(world)) is not None
    await world.press(buttons_of(question)["Stop mail to me"])
    assert await service(world).of(await recipient(world)) is None
    assert await world.store.people.find(identity_of(MAYA)) is None
    kept = await world.store.people.subscriptions(await recipient(world))
    assert [one.query for one in kept] == ["adapters"]
    assert [one.route.surface for one in await world.store.destinations.list()] == ["slack"]
    assert "no address" in text_of(await world.run("mail stop"))


async def test_a_link_stops_mail_to_its_own_address_alone_and_twice_is_once(world: World) -> None:
    await confirmed(world)
    await confirmed(world, "ben@example.org", BEN, code="100002")
    await world.run("subscribe attention route=mail")
    await world.run("subscribe attention route=mail", BEN)
    token = sealed(KEY, STOP, MAYA)
    with pytest.raises(InputError):
        await service(world).stop_by_link(sealed(b"another key of somebody", STOP, MAYA))
    assert await service(world).stop_by_link(token)
    assert not await service(world).stop_by_link(token)
    (place,) = await world.store.destinations.list()
    assert place.route.address == "ben@example.org"


async def test_what_bounced_is_paused_offered_no_more_and_goes_on_when_confirmed_anew(world: World) -> None:
    await confirmed(world)
    await world.run("subscribe attention route=mail")
    await world.run("subscribe adapters at=18:00 route=mail")
    mailboxes = world.store.mailboxes
    assert f"Your mail address: {MAYA}." in text_of(await world.run("settings"))
    assert await mailboxes.pause(MAYA, "There is no such mailbox.", NOW)
    assert not await mailboxes.pause(MAYA, "There is no such mailbox.", NOW)
    assert f"{MAYA}, paused: There is no such mailbox." in text_of(await world.run("settings"))
    places = await world.store.destinations.list()
    assert {place.state for place in places} == {DestinationState.PAUSED}
    assert {place.state_why for place in places} == {"There is no such mailbox."}
    refused = text_of(await world.run("subscribe kernels route=mail"))
    assert (
        "Mail to you is paused: There is no such mailbox. `/papers mail add ADDRESS` mails a code" in refused
    )

    await confirmed(world, code="100002")
    places = await world.store.destinations.list()
    assert {place.state for place in places} == {DestinationState.ACTIVE}
    assert "by mail" in text_of(await world.run("subscribe kernels route=mail"))


async def test_the_list_says_what_does_not_arrive_and_how_it_goes_on(world: World) -> None:
    await confirmed(world)
    await world.run("subscribe attention route=mail")
    assert "Next: " in text_of(await world.run("subscriptions"))
    assert await world.store.mailboxes.pause(MAYA, "There is no such mailbox.", NOW)

    listed = text_of(await world.run("subscriptions"))
    assert "at most 5, by mail (paused: There is no such mailbox)." in listed
    assert "Next: " not in listed
    assert "Mail goes on once your address is confirmed anew: `/papers mail add ADDRESS`." in listed

    for change in ("max=3", "at=18:00"):
        await world.run(f"subscription edit 1 {change}")
        assert "by mail (paused: There is no such mailbox)." in text_of(await world.run("subscriptions")), (
            change
        )
    await world.run("subscription edit 1 route=mail,here")
    assert "Next: " in text_of(await world.run("subscriptions")), "the second way still brings it"
    await confirmed(world, code="100002")
    listed = text_of(await world.run("subscriptions"))
    assert "paused" not in listed
    assert "by mail, else by direct message." in listed


async def test_all_of_it_can_be_shown_and_is_forgotten(world: World) -> None:
    await confirmed(world)
    shown = (await world.run("my-data")).attachment
    assert shown is not None
    assert shown.content.count(MAYA) >= 3  # the mailbox, the identity, the code that was asked for
    assert "digest" not in shown.content
    who = await recipient(world)
    await world.store.people.forget(who, "a tombstone", NOW)
    assert await world.store.mailboxes.at(MAYA) is None
    assert await world.store.people.held(who) == {}


async def test_no_address_is_in_anybody_elses_answers(world: World) -> None:
    await confirmed(world)
    await world.run("subscribe attention route=mail")
    await world.channel()
    said = [
        await world.run(command, BEN, HERE)
        for command in ("status", "channel show", "subscriptions", "my-data", "settings", "help", "mail stop")
    ]
    files = [reply.attachment.content for reply in said if reply.attachment is not None]
    assert [text for text in [*map(text_of, said), *files] if "maya" in text.lower()] == []
