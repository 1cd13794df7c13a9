"""The pages of links in mails: to look changes nothing, to press does; mail programs press too (RFC 8058)."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.mail.service import Mail
from bot.mail.tokens import CONFIRM, STOP, sealed
from bot.model import Route
from bot.people.mailboxes import MAIL
from bot.people.model import Person
from bot.ports import Store
from bot.view.doc import Doc
from tests.clocks import StillClock
from tests.contract.commands import KEY, NOW
from tests.contract.people import a_subscription, direct, meet
from tests.platform.web.reading import Document
from tests.platform.web.serving import Served, served

MAYA = "maya@example.org"
CODE = "123456"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def maya(store: Store) -> Person:
    return await meet(store)


@pytest.fixture
async def mail(store: Store, maya: Person) -> Mail:
    async def post(_: str, doc: Doc) -> None:
        """Nobody reads it here."""

    return Mail(store.mailboxes, StillClock(NOW), KEY, lambda: CODE, post)


@pytest.fixture
async def page(store: Store, tmp_path: Path, mail: Mail) -> AsyncIterator[Served]:
    async with served(store, tmp_path, StillClock(NOW), mail=mail) as running:
        yield running


async def subscribed(store: Store, maya: Person, mail: Mail) -> str:
    """Confirms the mailbox and subscribes by it; the path that stops mail to it."""
    await mail.ask(maya.recipient_id, MAYA)
    await mail.confirm(maya.recipient_id, CODE)
    place = direct(maya, id="d-mail", name="email:1", route=Route(surface=MAIL, address=MAYA), label="mail")
    await store.people.subscribe(a_subscription(maya, place), place)
    return f"/mail/stop/{sealed(KEY, STOP, MAYA)}"


async def test_to_look_at_a_link_that_confirms_confirms_nothing(
    page: Served, reader: aiohttp.ClientSession, store: Store, maya: Person, mail: Mail
) -> None:
    await mail.ask(maya.recipient_id, MAYA)
    url = f"{page.url}/mail/confirm/{sealed(KEY, CONFIRM, f'{maya.recipient_id} {CODE}')}"
    for method in ("GET", "HEAD", "GET"):
        async with reader.request(method, url) as got:
            assert got.status == 200
            assert got.headers["Cache-Control"] == "no-store"
    assert await store.mailboxes.of(maya.recipient_id) is None

    async with reader.post(url) as got:
        assert got.status == 200
        assert "confirmed" in await got.text()
    assert await store.mailboxes.of(maya.recipient_id) is not None
    async with reader.post(url) as got:
        assert got.status == 400
        assert "used already" in await got.text()


async def test_one_click_stops_mail_and_to_look_at_it_does_not(
    page: Served, reader: aiohttp.ClientSession, store: Store, maya: Person, mail: Mail
) -> None:
    path = await subscribed(store, maya, mail)
    async with reader.get(page.url + path) as got:
        asked = await got.text()
        assert got.status == 200
    assert len(await store.people.subscriptions(maya.recipient_id)) == 1

    for _ in range(2):  # a mail program that is not sure presses again
        async with reader.post(page.url + path, data=ONE_CLICK) as got:
            assert got.status == 200
            assert "Set-Cookie" not in got.headers
    assert await store.mailboxes.at(MAYA) is None
    assert await store.people.subscriptions(maya.recipient_id) == []
    assert await store.destinations.list() == []
    assert MAYA not in asked


async def test_a_link_for_one_address_is_none_for_another(
    page: Served, reader: aiohttp.ClientSession, store: Store, maya: Person, mail: Mail
) -> None:
    path = await subscribed(store, maya, mail)
    for wrong in (
        path[:-1],
        path[:-4] + "AAAA",
        f"/mail/stop/{sealed(KEY, STOP, 'noor@example.org')}",
        f"/mail/stop/{sealed(KEY, CONFIRM, MAYA)}",
        f"/mail/stop/{sealed(b'another key', STOP, MAYA)}",
        "/mail/stop/%00%ff",
        f"/mail/stop/{'A' * 5000}",
    ):
        async with reader.post(page.url + wrong, data=ONE_CLICK) as got:
            assert got.status in {200, 400}
    assert await store.mailboxes.at(MAYA) is not None


async def test_the_page_asks_by_a_form_that_a_keyboard_can_press(
    page: Served, reader: aiohttp.ClientSession, store: Store, maya: Person, mail: Mail
) -> None:
    path = await subscribed(store, maya, mail)
    async with reader.get(page.url + path) as got:
        document = Document(await got.text())
    (form,) = document.all("form", method="post")
    assert "action" not in form.attributes  # this very address
    assert [button.text for button in document.all("button")] == ["Stop these mails"]
