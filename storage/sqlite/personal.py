"""What migrations from 0006 on add for people: a function a concern. None is edited once released."""

from sqlite_utils import Database

from storage.sqlite.statements import run


def subscriptions(db: Database) -> None:
    """0006: subscriptions with days of their own, a minimum, a snooze, and several routes in an order."""
    run(
        db,
        """
        -- JSON ["mon", …]; a destination's days are those of all its subscriptions.
        ALTER TABLE subscriptions ADD COLUMN days TEXT NOT NULL DEFAULT '[]';
        UPDATE subscriptions SET days = coalesce((
            SELECT d.days FROM destinations AS d
            JOIN subscription_destinations AS l ON l.destination_id = d.id
            WHERE l.subscription_id = subscriptions.id
        ), days);
        ALTER TABLE subscriptions ADD COLUMN minimum INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE subscriptions ADD COLUMN snoozed_until INTEGER;     -- null: never was
        -- Papers since then wait, as they were too few or it is snoozed; null: none do.
        ALTER TABLE subscriptions ADD COLUMN waiting_since INTEGER;
        -- Somebody's places that are due together are looked at together; those without days never are.
        DROP INDEX destinations_next;
        CREATE INDEX destinations_next ON destinations(next_at, recipient_id)
            WHERE state = 'active' AND days <> '[]';
        CREATE INDEX subscriptions_instant ON subscriptions(recipient_id)
            WHERE cadence = 'instant' AND state = 'active';
        -- The order in which its routes were named: a paper goes by the first that is due.
        ALTER TABLE subscription_destinations ADD COLUMN position INTEGER NOT NULL DEFAULT 0
        """,
    )


def accounts(db: Database) -> None:
    """0009: accounts of one person on several surfaces, and the codes that link them."""
    run(
        db,
        """
        CREATE TABLE link_codes (               -- with which somebody's other account can be linked
            recipient_id TEXT PRIMARY KEY REFERENCES recipients(id),
            digest TEXT NOT NULL UNIQUE,        -- keyed, of the code
            until INTEGER NOT NULL
        ) WITHOUT ROWID;
        -- As its own surface last told it: surfaces tell different names of one person.
        ALTER TABLE identities ADD COLUMN name TEXT NOT NULL DEFAULT '';
        ALTER TABLE identities ADD COLUMN former TEXT NOT NULL DEFAULT '[]';    -- JSON, names before that
        ALTER TABLE identities ADD COLUMN met_at INTEGER NOT NULL DEFAULT 0;
        UPDATE identities SET (name, met_at) = (
            SELECT r.name, r.created_at FROM recipients AS r WHERE r.id = identities.recipient_id
        )
        """,
    )


def actions(db: Database) -> None:
    """0012: what buttons do that their surface has no room to carry."""
    run(
        db,
        """
        CREATE TABLE actions (
            name TEXT PRIMARY KEY,
            text TEXT NOT NULL,                 -- encrypted, with a key that only the button has
            kept_at INTEGER NOT NULL            -- when a message with the button was last made
        ) WITHOUT ROWID;
        CREATE INDEX actions_kept ON actions(kept_at)
        """,
    )
