"""A database of an earlier version is brought up to date with everything that is in it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.editions.verify import verify
from bot.model import PLAIN_POSTING, DeliveryKind, Layout, Summaries, Weekday, Window, utc_ms
from storage.sqlite.migrations import MIGRATIONS
from storage.sqlite.store import open_sqlite
from tests.contract.readings import arxiv, at, poll, reading

_ROWS = """
    INSERT INTO recipients (id, name, created_at) VALUES ('r', 'team', 0);
    INSERT INTO destinations (id, recipient_id, name, surface, address, at, days, zone, query, "window", pool,
        maximum, floor, layout, quiet_day, state, active_from, created_at)
    VALUES ('d', 'r', 'team', 'console', 'stdout', '09:00', '["mon"]', 'UTC', '', 'day', 'trending', 5, 0,
        'compact', 'silent', 'active', 0, 0);
    INSERT INTO deliveries (id, key, destination_id, recipient_id, surface, address, doc, papers, state,
        not_before, deliver_by, created_at)
    VALUES ('m', 'k', 'd', 'r', 'console', 'stdout', '{}', '[]', 'pending', 0, 1, 0)
"""

_SUBSCRIBED = """
    INSERT INTO subscriptions (id, recipient_id, query, cadence, maximum, state, created_at)
    VALUES ('s', 'r', 'towels', 'daily', 5, 'active', 0);
    INSERT INTO subscription_destinations (subscription_id, destination_id) VALUES ('s', 'd')
"""


@pytest.mark.parametrize(
    "version",
    [
        "0003_people",
        "0004_postings",
        "0005_feeds",
        "0006_personal",
        "0007_mail",
        "0008_taste",
        "0009_links",
        "0011_record",
        "0012_actions",
        "0013_resends",
    ],
)
async def test_what_was_there_before_a_change_is_there_after_it(tmp_path: Path, version: str) -> None:
    path = _database(tmp_path, version, _ROWS)

    async with open_sqlite(path) as store:
        (destination,) = await store.destinations.list()
        delivery = await store.outbox.get("m")
        assert delivery is not None
        assert (destination.summaries, destination.label, destination.owner_id) == (Summaries.ANY, "", None)
        assert (delivery.kind, delivery.layout) == (DeliveryKind.DIGEST, Layout.COMPACT)
        assert destination.posting == delivery.posting == PLAIN_POSTING
        assert (destination.group, destination.feed, delivery.resends) == ("", False, 0)
        assert (await store.admin.check()).problems == ()


async def test_subscriptions_keep_the_days_of_their_destination(tmp_path: Path) -> None:
    path = _database(tmp_path, "0006_personal", f"{_ROWS}; {_SUBSCRIBED}")

    async with open_sqlite(path) as store:
        (subscription,) = await store.people.subscriptions("r")
        assert (subscription.days, subscription.minimum) == (frozenset({Weekday.MON}), 1)
        assert (subscription.snoozed_until, subscription.waiting_since) == (None, None)


async def test_accounts_keep_the_name_and_the_instant_of_their_person(tmp_path: Path) -> None:
    known = "INSERT INTO identities (surface, tenant, user, recipient_id) VALUES ('slack', 'T1', 'U1', 'r')"
    path = _database(tmp_path, "0009_links", f"{_ROWS}; {known}; UPDATE recipients SET created_at = 1000")

    async with open_sqlite(path) as store:
        (account,) = await store.people.accounts()
        assert (account.recipient_id, account.met_at) == ("r", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
        person = await store.people.find(account.identity)
        assert person is not None
        assert person.name == "team"


async def test_an_edition_frozen_before_anything_was_noted_is_made_again_of_what_is_there(
    tmp_path: Path,
) -> None:
    as_of, since = utc_ms(at(2)), utc_ms(at(2) - timedelta(days=1))
    path = _database(
        tmp_path,
        "0011_record",
        f"""
        INSERT INTO editions ("window", slot_at, as_of, since, notes)
        VALUES ('day', {as_of}, {as_of}, {since}, '[]')
        """,
    )
    async with open_sqlite(path) as store:
        edition = await store.editions.get(Window.DAY, at(2))
        assert edition is not None
        assert edition.revision is None
        assert (await verify(store, edition)).same
        await store.papers.ingest(poll(1, reading(arxiv(1), upvotes=9)), at(3))
        assert (await verify(store, edition)).same  # what is learnt from now on is noted for it too


def _database(folder: Path, version: str, script: str) -> Path:
    """A database as it was before that change, with these rows."""
    path = folder / "paperboy.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        db = Database(conn)
        MIGRATIONS.apply(db, stop_before=version)
        for statement in script.split(";"):
            db.execute(statement)
    return path
