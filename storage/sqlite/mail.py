"""What migration 0007 adds for mail. Not edited once released."""

from sqlite_utils import Database

from storage.sqlite.statements import run


def mailboxes(db: Database) -> None:
    """Confirmed mailboxes, and the codes on their way to others."""
    run(
        db,
        """
        CREATE TABLE mailboxes (                -- addresses that were confirmed; whose each is: identities
            address TEXT PRIMARY KEY,
            confirmed_at INTEGER NOT NULL,
            paused_at INTEGER,                  -- nothing arrives there since; null: all does, it seems
            paused_why TEXT NOT NULL DEFAULT ''
        ) WITHOUT ROWID;
        CREATE TABLE mail_codes (               -- asked for in the last day; of a person the newest counts
            recipient_id TEXT NOT NULL REFERENCES recipients(id),
            address TEXT NOT NULL,
            digest TEXT NOT NULL,               -- keyed, of the code
            asked_at INTEGER NOT NULL,
            wrong INTEGER NOT NULL DEFAULT 0    -- how often something else was tried
        );
        CREATE INDEX mail_codes_recipient ON mail_codes(recipient_id);
        CREATE INDEX mail_codes_address ON mail_codes(address);
        CREATE INDEX destinations_mail ON destinations(address) WHERE surface = 'email'
        """,
    )
