"""What migrations add for people: a function a concern. None is edited once released."""

from sqlite_utils import Database

from storage.sqlite.statements import run


def people(db: Database) -> None:
    """0003: people and what they keep, who may speak for whom, and who changed what."""
    run(
        db,
        """
        ALTER TABLE recipients ADD COLUMN zone TEXT;    -- a person's, IANA; null: never told
        ALTER TABLE destinations ADD COLUMN summaries TEXT NOT NULL DEFAULT 'any';
        ALTER TABLE destinations ADD COLUMN label TEXT NOT NULL DEFAULT '';
        -- Who set it up; null: an operator, or somebody who was forgotten.
        ALTER TABLE destinations ADD COLUMN owner_id TEXT REFERENCES recipients(id);
        CREATE INDEX destinations_route ON destinations(surface, address);
        CREATE INDEX destinations_owner ON destinations(owner_id) WHERE owner_id IS NOT NULL;
        ALTER TABLE deliveries ADD COLUMN kind TEXT NOT NULL DEFAULT 'digest';
        ALTER TABLE deliveries ADD COLUMN layout TEXT NOT NULL DEFAULT 'compact';
        CREATE INDEX deliveries_recipient ON deliveries(recipient_id);

        CREATE TABLE identities (               -- how surfaces know people; a recipient with one is a person
            surface TEXT NOT NULL,
            tenant TEXT NOT NULL,
            user TEXT NOT NULL,
            recipient_id TEXT NOT NULL REFERENCES recipients(id),
            PRIMARY KEY (surface, tenant, user)
        ) WITHOUT ROWID;
        CREATE INDEX identities_recipient ON identities(recipient_id);
        CREATE TABLE marks (                    -- papers that a recipient saved or hid
            recipient_id TEXT NOT NULL REFERENCES recipients(id),
            mark TEXT NOT NULL,
            paper_id INTEGER NOT NULL REFERENCES papers(id),
            marked_at INTEGER NOT NULL,
            PRIMARY KEY (recipient_id, mark, paper_id)
        ) WITHOUT ROWID;
        CREATE INDEX marks_paper ON marks(paper_id);
        CREATE TABLE subscriptions (
            id TEXT PRIMARY KEY,
            recipient_id TEXT NOT NULL REFERENCES recipients(id),
            query TEXT NOT NULL,                -- in normal form
            cadence TEXT NOT NULL,
            maximum INTEGER NOT NULL,
            state TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            UNIQUE (recipient_id, query)
        ) WITHOUT ROWID;
        CREATE TABLE subscription_destinations (    -- where each speaks
            subscription_id TEXT NOT NULL REFERENCES subscriptions(id),
            destination_id TEXT NOT NULL REFERENCES destinations(id),
            PRIMARY KEY (subscription_id, destination_id)
        ) WITHOUT ROWID;
        CREATE INDEX subscription_destinations_destination ON subscription_destinations(destination_id);
        CREATE TABLE tombstones (               -- who asked to be forgotten; outlives everything else of them
            digest TEXT PRIMARY KEY,            -- keyed, of an identity
            forgotten_at INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE installations (            -- organisations that installed the bot
            surface TEXT NOT NULL,
            tenant TEXT NOT NULL,
            name TEXT NOT NULL,
            secret TEXT NOT NULL,               -- encrypted, see installations.py
            installed_by TEXT NOT NULL,         -- the surface's id of whoever did; empty: was forgotten
            installed_at INTEGER NOT NULL,
            state TEXT NOT NULL,
            state_at INTEGER NOT NULL,
            PRIMARY KEY (surface, tenant)
        ) WITHOUT ROWID;
        CREATE TABLE history (                  -- who changed what of which destination
            id INTEGER PRIMARY KEY,
            destination_id TEXT NOT NULL REFERENCES destinations(id),
            changed_at INTEGER NOT NULL,
            by TEXT NOT NULL,                   -- an identity as text, or words
            what TEXT NOT NULL
        );
        CREATE INDEX history_destination ON history(destination_id, changed_at)
        """,
    )


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
