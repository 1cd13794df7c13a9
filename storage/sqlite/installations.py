"""Organisations that installed the bot, and the secrets with which it speaks for them, encrypted."""

import base64
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlite_utils import Database

from bot.errors import StorageError
from bot.model import DestinationState, from_utc_ms, utc_ms
from bot.people.model import Hidden, Installation, InstallationState
from storage.sqlite.engine import Engine
from storage.sqlite.holding import delete_destinations, erase
from storage.sqlite.rows import named
from storage.sqlite.standing import set_state

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

__all__ = ["SecretKey", "SqliteInstallations"]

SecretKey = Callable[[], bytes]
"""Gives the key that secrets are encrypted with; asked only where one is stored or read."""

_LABEL: Final = b"paperboy: secrets of installations"

_PUT: Final = """
    INSERT INTO installations (surface, tenant, name, secret, installed_by, installed_at, state, state_at)
    VALUES (:surface, :tenant, :name, :secret, :installed_by, :installed_at, :state, :state_at)
    ON CONFLICT (surface, tenant) DO UPDATE SET
        name = excluded.name, secret = excluded.secret, installed_by = excluded.installed_by,
        installed_at = excluded.installed_at, state = excluded.state, state_at = excluded.state_at
"""
# Addresses of a tenant begin with its name and a slash; '0' is the character after the slash.
_PLACES: Final = """
    SELECT id, recipient_id, state, state_by FROM destinations
    WHERE surface = :surface AND address >= :tenant || '/' AND address < :tenant || '0'
"""
_PEOPLE: Final = "SELECT recipient_id FROM identities WHERE surface = :surface AND tenant = :tenant"
_DROP_IDENTITIES: Final = "DELETE FROM identities WHERE surface = :surface AND tenant = :tenant"
_ELSEWHERE: Final = """
    SELECT EXISTS (SELECT 1 FROM identities WHERE recipient_id = :recipient)
        OR EXISTS (SELECT 1 FROM destinations WHERE recipient_id = :recipient)
"""


class SqliteInstallations:
    """`bot.people.ports.InstallationStore` on SQLite."""

    def __init__(self, engine: Engine, secret_key: SecretKey | None) -> None:
        self._engine = engine
        self._secret_key = secret_key
        self._cipher: Fernet | None = None

    async def put(self, installation: Installation) -> None:
        """Stores or replaces it; what was paused because it was gone goes on from `state_at`."""
        where = {"surface": installation.surface, "tenant": installation.tenant}
        values = {
            **where,
            "name": installation.name,
            "secret": self._fernet().encrypt(installation.secret.encode()).decode(),
            "installed_by": installation.installed_by,
            "installed_at": utc_ms(installation.installed_at),
            "state": installation.state,
            "state_at": utc_ms(installation.state_at),
        }

        def work(db: Database) -> None:
            db.execute(_PUT, values)
            if installation.state is InstallationState.ACTIVE:
                by, at = installation.name, utc_ms(installation.state_at)
                for place in named(db, _PLACES, where):
                    if (place["state"], place["state_by"]) == (DestinationState.PAUSED, _gone_by(where)):
                        set_state(db, place["id"], DestinationState.ACTIVE, by, at)

        await self._engine.write(work)

    async def get(self, surface: str, tenant: str) -> Installation | None:
        """Also one that is gone. Raises `StorageError` if it was encrypted with another key."""
        sql = "SELECT * FROM installations WHERE surface = ? AND tenant = ?"
        rows = await self._engine.read(lambda db: named(db, sql, (surface, tenant)))
        return self._installation(rows[0]) if rows else None

    async def list(self, surface: str) -> Sequence[Installation]:
        """Those of a surface, also those that are gone. Raises `StorageError` as `get` does."""
        sql = "SELECT * FROM installations WHERE surface = ? ORDER BY installed_at, tenant"
        rows = await self._engine.read(lambda db: named(db, sql, (surface,)))
        return [self._installation(row) for row in rows]

    async def gone(self, surface: str, tenant: str, at: datetime) -> None:
        """It was removed or revoked: its destinations are paused. Hearing it again changes nothing."""
        where = {"surface": surface, "tenant": tenant}

        def work(db: Database) -> None:
            db.execute(
                "UPDATE installations SET state = 'gone', state_at = :at"
                " WHERE surface = :surface AND tenant = :tenant AND state <> 'gone'",
                {**where, "at": utc_ms(at)},
            )
            for place in named(db, _PLACES, where):
                if place["state"] == DestinationState.ACTIVE:
                    set_state(db, place["id"], DestinationState.PAUSED, _gone_by(where), utc_ms(at))

        await self._engine.write(work)

    async def purge(self, surface: str, gone_before: datetime) -> Sequence[str]:
        """Deletes what is gone since before that instant, with all that is its people's and places'."""

        def work(db: Database) -> Sequence[str]:
            tenants = [
                tenant
                for (tenant,) in db.execute(
                    "DELETE FROM installations WHERE surface = ? AND state = 'gone' AND state_at < ?"
                    " RETURNING tenant",
                    (surface, utc_ms(gone_before)),
                ).fetchall()
            ]
            for tenant in tenants:
                _purge(db, surface, tenant)
            return sorted(tenants)

        return await self._engine.write(work)

    # --- secrets ---------------------------------------------------------------------------------

    def _fernet(self) -> "Fernet":
        if self._cipher is None:
            from cryptography.fernet import Fernet  # noqa: PLC0415 - only who has installations needs it

            if self._secret_key is None:
                raise StorageError(
                    "This store was opened without the key that installations are encrypted with."
                )
            derived = hmac.digest(self._secret_key(), _LABEL, hashlib.sha256)
            self._cipher = Fernet(base64.urlsafe_b64encode(derived))
        return self._cipher

    def _installation(self, row: sqlite3.Row) -> Installation:
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

        try:
            secret = self._fernet().decrypt(row["secret"].encode()).decode()
        except InvalidToken as error:
            raise StorageError(
                f"What is stored for {row['name']} ({row['surface']} {row['tenant']}) was encrypted with "
                "another secret key. Put the former key back, or have the app installed there once more."
            ) from error
        return Installation(
            surface=row["surface"],
            tenant=row["tenant"],
            name=row["name"],
            secret=Hidden(secret),
            installed_by=row["installed_by"],
            installed_at=from_utc_ms(row["installed_at"]),
            state=InstallationState(row["state"]),
            state_at=from_utc_ms(row["state_at"]),
        )


def _gone_by(where: Mapping[str, str]) -> str:
    """Who paused the destinations of a tenant that is gone: by this they are known again when it returns."""
    return f"{where['surface'].capitalize()}: the app was removed"


def _purge(db: Database, surface: str, tenant: str) -> None:
    """Deletes a tenant's destinations and identities, and the recipients that have nothing elsewhere."""
    where = {"surface": surface, "tenant": tenant}
    places = named(db, _PLACES, where)
    recipients = {place["recipient_id"] for place in places}
    recipients.update(recipient for (recipient,) in db.execute(_PEOPLE, where))
    delete_destinations(db, [place["id"] for place in places])
    db.execute(_DROP_IDENTITIES, where)
    for recipient in sorted(recipients):
        (elsewhere,) = db.execute(_ELSEWHERE, {"recipient": recipient}).fetchone()
        if not elsewhere:
            erase(db, recipient)
    db.execute(
        "DELETE FROM subscriptions WHERE recipient_id IN (SELECT value FROM json_each(?))"
        " AND id NOT IN (SELECT subscription_id FROM subscription_destinations)",
        (json.dumps(sorted(recipients)),),
    )
