"""What migration 0008 adds for what is learnt of recipients. Never edited once released."""

from sqlite_utils import Database

from storage.sqlite.statements import run


def taste(db: Database) -> None:
    """When a recipient's taste was last forgotten, and what they chose about it."""
    run(
        db,
        """
        CREATE TABLE tastes (
            recipient_id TEXT PRIMARY KEY REFERENCES recipients(id),
            reset_at INTEGER,               -- what was marked by then teaches nothing; null: it all does
            for_you INTEGER NOT NULL DEFAULT 0  -- whether messages have a section of what no subscription has
        ) WITHOUT ROWID
        """,
    )
