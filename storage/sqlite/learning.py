"""What migration 0008 adds for what is learnt of recipients. Never edited once released."""

from sqlite_utils import Database

from storage.sqlite.statements import run


def taste(db: Database) -> None:
    """When a recipient's taste was last forgotten, what they chose about it, and what teams save."""
    run(
        db,
        """
        CREATE TABLE tastes (
            recipient_id TEXT PRIMARY KEY REFERENCES recipients(id),
            reset_at INTEGER,               -- what was marked by then teaches nothing; null: it all does
            for_you INTEGER NOT NULL DEFAULT 0, -- whether messages have a section of what no subscription has
            counted INTEGER NOT NULL DEFAULT 1  -- whether what they save in a channel may count there
        ) WITHOUT ROWID;
        CREATE TABLE teams (                    -- channels in which saves count
            destination_id TEXT PRIMARY KEY REFERENCES destinations(id),
            since INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE team_saves (               -- by people who let that be; a save that is taken back goes
            destination_id TEXT NOT NULL REFERENCES destinations(id),
            paper_id INTEGER NOT NULL REFERENCES papers(id),
            recipient_id TEXT NOT NULL REFERENCES recipients(id),
            saved_at INTEGER NOT NULL,
            PRIMARY KEY (destination_id, paper_id, recipient_id)
        ) WITHOUT ROWID;
        CREATE INDEX team_saves_recipient ON team_saves(recipient_id);
        CREATE INDEX team_saves_paper ON team_saves(paper_id)
        """,
    )
