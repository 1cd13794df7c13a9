"""The schema, as numbered changes: each runs in one transaction, and none is edited once released.

All instants are INTEGER Unix milliseconds, UTC. Local dates are TEXT YYYY-MM-DD. Lists of words are
JSON arrays. `papers(id, title, abstract, …)` is a promise to people who open the file themselves.
"""

from typing import Final

from sqlite_utils import Database, Migrations

from storage.sqlite import personal
from storage.sqlite.statements import run

MIGRATIONS: Final = Migrations("paperboy")

APPLICATION_ID: Final = 0x50617062  # "Papb" in the file's header: how we know a database as ours


@MIGRATIONS(name="0001_spine")
def _spine(db: Database) -> None:
    run(db, f"PRAGMA application_id = {APPLICATION_ID}")
    run(
        db,
        """
        CREATE TABLE upstreams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE signals (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

        CREATE TABLE papers (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,           -- the best of its paper_ids as scheme:value; kept in step
            title TEXT NOT NULL,
            abstract TEXT NOT NULL,
            text_from TEXT NOT NULL,            -- the upstream whose title and abstract these are
            title_key TEXT NOT NULL,            -- the normalised title, by which unidentified papers meet
            published_at INTEGER,               -- null: nobody said
            first_seen_at INTEGER NOT NULL,     -- when an upstream first showed it to us
            first_list TEXT,                    -- day of its earliest daily list; null: never on one
            seen_after INTEGER,                 -- last poll of its first list that lacked it; null: none
            categories TEXT,                    -- JSON, primary first; null: not known yet
            comment TEXT,
            journal_ref TEXT,
            ai_summary TEXT,
            ai_summary_model TEXT,
            keywords TEXT NOT NULL DEFAULT '[]',
            organization TEXT,
            code_url TEXT,
            project_url TEXT,
            thumbnail_url TEXT,
            resolved_at INTEGER,                -- when arXiv itself told us of it; null: never
            change INTEGER NOT NULL             -- rises with every change: a cursor for derived data
        );
        CREATE INDEX papers_title_key ON papers(title_key);
        CREATE INDEX papers_first_seen ON papers(first_seen_at);
        CREATE INDEX papers_first_list ON papers(first_list);
        CREATE UNIQUE INDEX papers_change ON papers(change);
        CREATE INDEX papers_unresolved ON papers(id) WHERE resolved_at IS NULL;

        CREATE TABLE paper_facts (
            paper_id INTEGER PRIMARY KEY REFERENCES papers(id),
            told TEXT NOT NULL                  -- JSON {field: [upstream, when it said so]}; no entry: nobody
        );

        CREATE TABLE paper_ids (
            scheme TEXT NOT NULL,
            value TEXT NOT NULL,
            paper_id INTEGER NOT NULL REFERENCES papers(id),
            PRIMARY KEY (scheme, value)
        ) WITHOUT ROWID;
        CREATE INDEX paper_ids_paper ON paper_ids(paper_id);

        CREATE TABLE paper_versions (
            paper_id INTEGER NOT NULL REFERENCES papers(id),
            number INTEGER NOT NULL,
            submitted_at INTEGER NOT NULL,
            PRIMARY KEY (paper_id, number)
        ) WITHOUT ROWID;

        CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE paper_authors (
            paper_id INTEGER NOT NULL REFERENCES papers(id),
            position INTEGER NOT NULL,          -- from 0, as printed on the paper
            author_id INTEGER NOT NULL REFERENCES authors(id),
            PRIMARY KEY (paper_id, position)
        ) WITHOUT ROWID;
        CREATE INDEX paper_authors_author ON paper_authors(author_id);

        CREATE TABLE subjects (                 -- what is polled, and how that goes
            id INTEGER PRIMARY KEY,
            upstream_id INTEGER NOT NULL REFERENCES upstreams(id),
            subject TEXT NOT NULL,
            last_poll_at INTEGER,
            last_success_at INTEGER,
            last_change_at INTEGER,             -- the last poll that brought a paper or a number
            last_outcome TEXT,
            last_error TEXT,                    -- null: the last poll went well
            ask_again_at INTEGER,               -- the last poll was told to wait until then; null: it was not
            failing_since INTEGER,              -- null: the last poll went well
            papers INTEGER NOT NULL DEFAULT 0,  -- rows in the last successful poll
            UNIQUE (upstream_id, subject)
        );
        CREATE TABLE polls (
            id INTEGER PRIMARY KEY,
            subject_id INTEGER NOT NULL REFERENCES subjects(id),
            observed_at INTEGER NOT NULL,
            recorded_at INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            papers INTEGER NOT NULL,
            skipped INTEGER NOT NULL,
            detail TEXT NOT NULL,
            ask_again_at INTEGER,               -- the upstream asked not to be asked before; null: it did not
            UNIQUE (subject_id, observed_at)
        );
        CREATE TABLE listings (                 -- which papers stood in which list
            paper_id INTEGER NOT NULL REFERENCES papers(id),
            subject_id INTEGER NOT NULL REFERENCES subjects(id),
            announce_type TEXT NOT NULL,
            first_seen_at INTEGER NOT NULL,     -- in this list
            seen_after INTEGER,                 -- last poll of this list that lacked it; null: none
            PRIMARY KEY (paper_id, subject_id)
        ) WITHOUT ROWID;
        CREATE INDEX listings_subject ON listings(subject_id, first_seen_at);

        CREATE TABLE observations (             -- a row where a value changed
            paper_id INTEGER NOT NULL REFERENCES papers(id),
            signal_id INTEGER NOT NULL REFERENCES signals(id),
            upstream_id INTEGER NOT NULL REFERENCES upstreams(id),
            observed_at INTEGER NOT NULL,       -- when the upstream was read
            recorded_at INTEGER NOT NULL,       -- when we stored it
            value INTEGER NOT NULL,
            PRIMARY KEY (paper_id, signal_id, upstream_id, observed_at)
        ) WITHOUT ROWID;
        CREATE INDEX observations_observed ON observations(observed_at);

        CREATE TABLE editions (                 -- frozen: never updated
            id INTEGER PRIMARY KEY,
            "window" TEXT NOT NULL,
            slot_at INTEGER NOT NULL,
            as_of INTEGER NOT NULL,             -- when it really was made
            since INTEGER NOT NULL,             -- where its window began
            notes TEXT NOT NULL,                -- JSON [[upstream, down since], …]
            UNIQUE ("window", slot_at)
        );
        CREATE TABLE edition_entries (
            edition_id INTEGER NOT NULL REFERENCES editions(id),
            position INTEGER NOT NULL,
            paper_id INTEGER NOT NULL REFERENCES papers(id),
            key TEXT NOT NULL,                  -- the paper's key as it was then
            score REAL NOT NULL,
            components TEXT NOT NULL,           -- JSON [[name, amount, points], …]
            reasons TEXT NOT NULL,              -- JSON
            is_new INTEGER NOT NULL,
            PRIMARY KEY (edition_id, position)
        ) WITHOUT ROWID;
        CREATE INDEX edition_entries_paper ON edition_entries(paper_id);

        CREATE TABLE recipients (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE destinations (
            id TEXT PRIMARY KEY,
            recipient_id TEXT NOT NULL REFERENCES recipients(id),
            name TEXT NOT NULL,
            surface TEXT NOT NULL,
            address TEXT NOT NULL,
            at TEXT NOT NULL,                   -- HH:MM, local
            days TEXT NOT NULL,                 -- JSON ["mon", …]
            zone TEXT NOT NULL,                 -- IANA
            query TEXT NOT NULL,
            "window" TEXT NOT NULL,
            pool TEXT NOT NULL,
            maximum INTEGER NOT NULL,
            floor INTEGER NOT NULL,
            layout TEXT NOT NULL,
            quiet_day TEXT NOT NULL,
            state TEXT NOT NULL,
            state_by TEXT,                      -- null: never paused, resumed or removed
            state_at INTEGER,
            active_from INTEGER NOT NULL,       -- slots before it never count
            created_at INTEGER NOT NULL,
            next_at INTEGER                     -- a hint: look at it then; null: look now
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX destinations_name ON destinations(name) WHERE state <> 'removed';
        CREATE INDEX destinations_next ON destinations(next_at) WHERE state = 'active';
        CREATE INDEX destinations_recipient ON destinations(recipient_id);

        CREATE TABLE deliveries (
            id TEXT PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,           -- the idempotency key the receiver sees
            destination_id TEXT NOT NULL REFERENCES destinations(id),
            recipient_id TEXT NOT NULL REFERENCES recipients(id),
            surface TEXT NOT NULL,
            address TEXT NOT NULL,
            doc TEXT NOT NULL,
            papers TEXT NOT NULL,               -- JSON of numbers, for a resend; a merge leaves it
            state TEXT NOT NULL,
            doubtful INTEGER NOT NULL DEFAULT 0,
            doubtful_since INTEGER,             -- when the first request of unknown fate went out
            attempts INTEGER NOT NULL DEFAULT 0,
            not_before INTEGER NOT NULL,
            deliver_by INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            sending_at INTEGER,                 -- when the last request was about to go out; null: none was
            leased_by TEXT,                     -- null: not leased
            lease_until INTEGER,
            fence INTEGER NOT NULL DEFAULT 0,
            last_error TEXT,
            receipt TEXT,                       -- the receiver's own name for the message
            finished_at INTEGER                 -- null: still under way
        ) WITHOUT ROWID;
        CREATE INDEX deliveries_pending ON deliveries(not_before) WHERE state = 'pending';
        CREATE INDEX deliveries_due ON deliveries(attempts, not_before, id, surface) WHERE state = 'pending';
        CREATE INDEX deliveries_leased ON deliveries(lease_until) WHERE state IN ('leased', 'sending');
        CREATE INDEX deliveries_destination ON deliveries(destination_id);
        CREATE INDEX deliveries_state ON deliveries(state, created_at);

        CREATE TABLE ledger (                   -- who was told of which paper, by which message
            recipient_id TEXT NOT NULL REFERENCES recipients(id),
            paper_id INTEGER NOT NULL REFERENCES papers(id),
            delivery_id TEXT NOT NULL REFERENCES deliveries(id),
            told_at INTEGER NOT NULL,
            PRIMARY KEY (recipient_id, paper_id)
        ) WITHOUT ROWID;
        CREATE INDEX ledger_delivery ON ledger(delivery_id);
        CREATE INDEX ledger_paper ON ledger(paper_id);

        CREATE TABLE slots (                    -- what became of each appointment
            destination_id TEXT NOT NULL REFERENCES destinations(id),
            local_date TEXT NOT NULL,
            slot_at INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            late INTEGER NOT NULL,
            reason TEXT,                        -- null: a digest was queued
            detail TEXT NOT NULL,
            delivery_id TEXT REFERENCES deliveries(id),
            recorded_at INTEGER NOT NULL,
            PRIMARY KEY (destination_id, local_date)
        ) WITHOUT ROWID;
        CREATE INDEX slots_delivery ON slots(delivery_id);

        CREATE TABLE leases (
            name TEXT PRIMARY KEY,
            holder TEXT NOT NULL,
            until INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE budgets (
            name TEXT PRIMARY KEY,
            held_until INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID;
        CREATE TABLE bookings (                 -- requests booked on a budget, as far back as its window
            budget TEXT NOT NULL REFERENCES budgets(name),
            start_at INTEGER NOT NULL
        );
        CREATE INDEX bookings_budget ON bookings(budget, start_at);
        CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID
        """,
    )


@MIGRATIONS(name="0002_search")
def _search(db: Database) -> None:
    """What a search index follows, and papers that a person brings."""
    run(
        db,
        """
        -- Whether an upstream showed it to us; 0: only a file that a person brought. Then `first_seen_at`
        -- is when it was brought, until an upstream shows it.
        ALTER TABLE papers ADD COLUMN shown INTEGER NOT NULL DEFAULT 1;
        -- A ranking looks for what upstreams showed, and must not pay for a million papers that none did.
        DROP INDEX papers_first_seen;
        CREATE INDEX papers_first_seen ON papers(first_seen_at, shown) WHERE shown;
        DROP INDEX papers_unresolved;
        CREATE INDEX papers_unresolved ON papers(id) WHERE shown AND resolved_at IS NULL;
        -- Nobody asks it: people are found by the search index. It cost an import a fifth of its speed.
        DROP INDEX paper_authors_author;

        CREATE TABLE gone (                     -- numbers of papers merged into others; kept for good
            paper_id INTEGER PRIMARY KEY,
            change INTEGER NOT NULL UNIQUE      -- where the change cursor stood then; see papers.change
        );
        CREATE TABLE imports (                  -- files that a person brought
            file TEXT PRIMARY KEY,              -- the file's fingerprint
            mark INTEGER NOT NULL               -- how far it was read
        ) WITHOUT ROWID
        """,
    )


@MIGRATIONS(name="0003_people")
def _people(db: Database) -> None:
    """People and what they keep, who may speak for whom, and who changed what."""
    personal.people(db)


@MIGRATIONS(name="0004_postings")
def _postings(db: Database) -> None:
    """How messages are put up, and channels that share papers out among themselves."""
    run(
        db,
        """
        -- JSON of what is not as usual, see rows.py.
        ALTER TABLE destinations ADD COLUMN posting TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE deliveries ADD COLUMN posting TEXT NOT NULL DEFAULT '{}';
        -- Of those of one group a paper goes to one alone; empty: on its own.
        ALTER TABLE destinations ADD COLUMN "group" TEXT NOT NULL DEFAULT '';
        CREATE INDEX destinations_group ON destinations("group") WHERE "group" <> ''
        """,
    )


@MIGRATIONS(name="0005_feeds")
def _feeds(db: Database) -> None:
    """Whether what was posted may be read as a feed."""
    run(db, "ALTER TABLE destinations ADD COLUMN feed INTEGER NOT NULL DEFAULT 0")


@MIGRATIONS(name="0006_personal")
def _personal(db: Database) -> None:
    """What comes to people by several routes."""
    personal.subscriptions(db)


@MIGRATIONS(name="0009_links")
def _links(db: Database) -> None:
    """People with an account on each of several surfaces."""
    personal.accounts(db)
