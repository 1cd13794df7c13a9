"""A look into the file that neither makes, migrates nor locks it: for a shell that completes names."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

_PATIENCE: Final = 0.2  # seconds: somebody waits with a finger on the Tab key


def destination_names(path: Path) -> list[str]:
    """The names of the destinations that are not removed; none where the file cannot be read at once."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", _PATIENCE, uri=True)) as db:
            rows = db.execute("SELECT name FROM destinations WHERE state <> 'removed' ORDER BY name")
            return [name for (name,) in rows]
    except sqlite3.Error:
        return []
