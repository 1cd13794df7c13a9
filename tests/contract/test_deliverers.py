"""What every deliverer promises (`bot.ports.Deliverer`), on every bench."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import adapters
from bot.errors import DeliveryError, DoubtfulError, InputError, NotAcceptedError, RefusedError
from bot.ports import Abilities, Ability, Parcel
from bot.view.doc import Doc, Heading, Note, PaperCard, Span, to_json
from bot.view.text import control_free
from tests.contract.deliverers import BENCHES, NOW, Bench, Trouble

PATIENT = timedelta(seconds=30)
HASTY = timedelta(seconds=1)
KEY = "digest-abc-2025-11-20"

HOSTILE = {
    "mentions": "@everyone <@U123> <!channel> @[all](user:1) #general",
    "markup": "*bold* _it_ `code` <https://a.example|arXiv> [link](https://a.example) </pre> &amp; \\ % $x$",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u202egnp.exe\u202c \u2066\u0645\u0631\u062d\u2069 \u200fabc",
    "terminal": "\x1b[2J\x1b]0;owned\x07 \x9b31m red \x00\x08\x7f \r\n\t",
    "a forged header": "===== digest-forged-2025-11-20 =====",
    "lines of its own": "One\n2. Two\n\n===== digest-forged-2025-11-20 =====\nThree",
    "long": "word " * 2000,
    "one long word": "x" * 10_000,
    "scripts": "漢字かな交じり文 한국어 ไทย é e\u0301 👩🏽‍🔬 🏳️‍🌈 🇩🇪",
}


@pytest.fixture(params=sorted(BENCHES))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with BENCHES[request.param](PATIENT) as bench:
        yield bench


@pytest.fixture(params=sorted(BENCHES))
async def hasty_bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with BENCHES[request.param](HASTY) as bench:
        yield bench


def parcel(bench: Bench, title: str = "A paper", *, key: str = KEY, attempt: int = 1) -> Parcel:
    card = PaperCard(
        number=1,
        paper_key="arxiv:2508.13426",
        title=Span(title, "https://arxiv.org/abs/2508.13426"),
        summary=(Span("What it says."),),
        summary_from="abstract",
        facts=(Span("41 upvotes in 6 h"), Span("code", "https://github.com/a/b")),
    )
    doc = Doc((Heading((Span("Trending papers"),)), card, Note((Span("Small print."),))), "1 paper")
    return Parcel(f"id of {key}", key, bench.address, to_json(doc), NOW, attempt, posting=bench.posting)


def abilities(bench: Bench) -> Abilities:
    return bench.deliverer.abilities(parcel(bench))


async def send(bench: Bench, what: Parcel | None = None) -> str:
    """As the worker does: what has no turn comes again when it is told to."""
    what = what or parcel(bench)
    while True:
        try:
            await bench.deliverer.ready(what)
        except NotAcceptedError as error:
            if error.retry_after is None:
                raise
            bench.pass_time(error.retry_after)
        else:
            return await bench.deliverer.send(what)


def surface_of(name: str) -> str:
    """Of a bench."""
    return name.partition("-")[0]


def skip_unless_possible(bench: Bench, trouble: Trouble) -> None:
    if trouble not in bench.troubles:
        pytest.skip(f"{trouble.name} cannot befall {bench.deliverer.surface}")


def test_every_deliverer_has_a_bench() -> None:
    packages = {path.parent.name for root in adapters.__path__ for path in Path(root).glob("*/deliverer.py")}
    assert packages == set(map(surface_of, BENCHES))


async def test_a_deliverer_is_named_like_its_package() -> None:
    for name, make in BENCHES.items():
        async with make(PATIENT) as bench:
            assert bench.deliverer.surface == surface_of(name)


async def test_its_promises_agree_with_its_abilities(bench: Bench) -> None:
    assert bench.deliverer.request_timeout == PATIENT
    can = abilities(bench)
    assert (can.key_window > timedelta(0)) == (can.ability is Ability.KEY)
    assert can.ability is Ability.KEY or not can.reads_back
    assert bench.deliverer.abilities(parcel(bench, attempt=2)) == can


async def test_a_message_arrives_once_and_gives_a_receipt(bench: Bench) -> None:
    receipt = await send(bench, parcel(bench, "Attention"))
    assert receipt
    (arrived,) = await bench.arrived()
    assert arrived.key == KEY
    assert "Attention" in arrived.text


async def test_different_messages_all_arrive_in_order(bench: Bench) -> None:
    keys = [f"digest-abc-2025-11-{day}" for day in (20, 21, 22)]
    for key in keys:
        await send(bench, parcel(bench, key=key))
    assert [arrived.key for arrived in await bench.arrived()] == keys


async def test_messages_sent_at_once_arrive_whole(bench: Bench) -> None:
    keys = [f"digest-abc-2025-11-{day}" for day in range(10, 20)]
    await asyncio.gather(*(send(bench, parcel(bench, key, key=key)) for key in keys))
    arrived = {message.key: message.text for message in await bench.arrived()}
    assert arrived.keys() == set(keys)
    assert all(key in text for key, text in arrived.items())


async def test_a_receiver_of_keys_takes_the_same_key_once(bench: Bench) -> None:
    if abilities(bench).ability is not Ability.KEY:
        pytest.skip("no keys")
    first = await send(bench)
    assert await send(bench, parcel(bench, attempt=2)) == first
    assert len(await bench.arrived()) == 1


async def test_a_key_is_remembered_as_long_as_is_promised(bench: Bench) -> None:
    if abilities(bench).ability is not Ability.KEY:
        pytest.skip("no keys")
    first = await send(bench)
    bench.pass_time(abilities(bench).key_window - PATIENT)
    assert await send(bench, parcel(bench, attempt=2)) == first
    assert len(await bench.arrived()) == 1


@pytest.mark.parametrize("trouble", [Trouble.UNREACHABLE, Trouble.BUSY])
async def test_a_failure_before_acceptance_is_certain_and_nothing_arrived(
    bench: Bench, trouble: Trouble
) -> None:
    skip_unless_possible(bench, trouble)
    bench.cause(trouble)
    with pytest.raises(NotAcceptedError):
        await send(bench)
    assert await bench.arrived() == []


async def test_a_message_refused_for_now_arrives_at_the_next_try(bench: Bench) -> None:
    skip_unless_possible(bench, Trouble.BUSY)
    bench.cause(Trouble.BUSY)
    with pytest.raises(NotAcceptedError) as caught:
        await send(bench)
    assert caught.value.retry_after == timedelta(seconds=7)
    await send(bench, parcel(bench, attempt=2))
    assert len(await bench.arrived()) == 1


@pytest.mark.parametrize("trouble", [Trouble.LOST_REQUEST, Trouble.LOST_REPLY, Trouble.FAILED_AFTER])
async def test_what_may_have_arrived_is_doubtful(bench: Bench, trouble: Trouble) -> None:
    skip_unless_possible(bench, trouble)
    bench.cause(trouble)
    with pytest.raises(DoubtfulError):
        await send(bench)


@pytest.mark.parametrize("trouble", [Trouble.LOST_REQUEST, Trouble.LOST_REPLY, Trouble.FAILED_AFTER])
async def test_a_doubtful_message_sent_again_under_its_key_is_there_once(
    bench: Bench, trouble: Trouble
) -> None:
    if abilities(bench).ability is not Ability.KEY:
        pytest.skip("no keys")
    skip_unless_possible(bench, trouble)
    bench.cause(trouble)
    with pytest.raises(DoubtfulError):
        await send(bench)
    await send(bench, parcel(bench, attempt=2))
    assert len(await bench.arrived()) == 1


async def test_a_final_no_is_told_apart(bench: Bench) -> None:
    skip_unless_possible(bench, Trouble.REFUSED)
    bench.cause(Trouble.REFUSED)
    with pytest.raises(RefusedError):
        await send(bench)
    assert await bench.arrived() == []


async def test_an_address_or_a_message_that_cannot_be_used_is_refused(bench: Bench) -> None:
    good = parcel(bench)
    wrong_address = replace(good, address=bench.impossible[-1])
    wrong_doc = replace(good, doc='{"version":99}')
    for wrong in (wrong_address, wrong_doc):
        with pytest.raises(RefusedError):
            await send(bench, wrong)
    assert await bench.arrived() == []


async def test_a_receiver_that_never_answers_is_given_up_in_time(hasty_bench: Bench) -> None:
    skip_unless_possible(hasty_bench, Trouble.STUCK)
    hasty_bench.cause(Trouble.STUCK)
    async with asyncio.timeout(20):
        with pytest.raises(DoubtfulError):
            await send(hasty_bench)


async def test_a_cancelled_send_ends_at_once(bench: Bench) -> None:
    skip_unless_possible(bench, Trouble.STUCK)
    bench.cause(Trouble.STUCK)
    sending = asyncio.create_task(send(bench))
    await bench.under_way()
    sending.cancel()
    async with asyncio.timeout(20):
        with pytest.raises(asyncio.CancelledError):
            await sending


async def test_a_receiver_that_can_be_read_knows_what_arrived(bench: Bench) -> None:
    if not abilities(bench).can_ask:
        pytest.skip("it cannot be read")
    assert await bench.deliverer.find(parcel(bench)) is None
    receipt = await send(bench)
    assert await bench.deliverer.find(parcel(bench)) == receipt
    assert await bench.deliverer.find(parcel(bench, key="digest-other-2025-11-20")) is None


@pytest.mark.parametrize("trouble", [Trouble.LOST_REQUEST, Trouble.LOST_REPLY, Trouble.FAILED_AFTER])
async def test_asking_about_a_doubtful_message_tells_whether_it_arrived(
    bench: Bench, trouble: Trouble
) -> None:
    """Where there are keys: once they are forgotten."""
    if not abilities(bench).can_ask:
        pytest.skip("it cannot be read")
    skip_unless_possible(bench, trouble)
    bench.cause(trouble)
    with pytest.raises(DoubtfulError):
        await send(bench)
    bench.pass_time(abilities(bench).key_window + PATIENT)
    found = await bench.deliverer.find(parcel(bench))
    assert (found is not None) == (len(await bench.arrived()) == 1)
    assert (found is not None) == (trouble is not Trouble.LOST_REQUEST)
    if found is None:
        await send(bench, parcel(bench, attempt=2))
    assert len(await bench.arrived()) == 1


async def test_a_receiver_that_may_not_be_read_says_so_for_good(bench: Bench) -> None:
    bench.forbid_asking()
    with pytest.raises(RefusedError) as caught:
        await bench.deliverer.find(parcel(bench))
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_text_arrives_as_data(bench: Bench, kind: str) -> None:
    await send(bench, parcel(bench, HOSTILE[kind]))
    (arrived,) = await bench.arrived()
    assert arrived.key == KEY
    assert bench.shown(HOSTILE[kind]) in arrived.text
    if bench.is_terminal:
        assert control_free(arrived.text) == arrived.text


async def test_a_lone_surrogate_stops_no_message(bench: Bench) -> None:
    await send(bench, parcel(bench, "broken \ud83d emoji"))
    (arrived,) = await bench.arrived()
    assert "broken" in arrived.text
    assert "emoji" in arrived.text


@pytest.mark.parametrize("trouble", Trouble)
async def test_errors_are_sentences_without_secrets(hasty_bench: Bench, trouble: Trouble) -> None:
    skip_unless_possible(hasty_bench, trouble)
    hasty_bench.cause(trouble)
    with pytest.raises(DeliveryError) as caught:
        await send(hasty_bench)
    assert str(caught.value).endswith((".", "?"))
    logged = "".join(traceback.format_exception(caught.value))
    assert [secret for secret in hasty_bench.secrets if secret in logged] == []


async def test_addresses_have_one_normal_form(bench: Bench) -> None:
    for given, normal in bench.normal.items():
        assert bench.deliverer.check_address(given) == normal
        assert bench.deliverer.check_address(normal) == normal
    assert bench.deliverer.check_address(bench.address) == bench.address


async def test_impossible_addresses_are_refused_in_a_sentence(bench: Bench) -> None:
    for address in bench.impossible:
        with pytest.raises(InputError) as caught:
            bench.deliverer.check_address(address)
        assert str(caught.value).endswith(".")


async def test_closing_twice_does_no_harm(bench: Bench) -> None:
    await send(bench)
    await bench.deliverer.aclose()
    await bench.deliverer.aclose()
