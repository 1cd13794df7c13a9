"""Papers that a person brings: many at once, of which no list and no poll tells."""

from typing import Final

from sqlite_utils import Database

from bot.model import ImportBatch, ImportReport, Upstream
from storage.sqlite.following import move
from storage.sqlite.known import save
from storage.sqlite.listing import set_first_lists
from storage.sqlite.observing import Numbers, observe
from storage.sqlite.taking import Source, Taken, signal_numbers, upstream_number

# What a large batch touches at random, the indexes of titles and names, would fall out of SQLite's own 2 MB
# in the middle of a transaction, be written, and be read again. Then each batch would fill the 1,000 pages
# of SQLite's own log, and wait until they are in their places on the disk, most of which the next batch
# changes again: an import into 500,000 papers writes half as much like this.
_BULK: Final = (
    f"PRAGMA cache_size = -{16 << 10}",  # KiB
    f"PRAGMA wal_autocheckpoint = {16 << 10}",  # pages of 4 KiB
)
# A file that is read again from its beginning is still known as far as it was read before.
_MARK: Final = """
    INSERT INTO imports(file, mark) VALUES (?, ?)
    ON CONFLICT(file) DO UPDATE SET mark = excluded.mark WHERE excluded.mark > mark
"""


def bring(db: Database, batch: ImportBatch, recorded_at: int) -> ImportReport:
    """Stores the batch with its mark, inside the caller's transaction; `recorded_at` in ms."""
    for setting in _BULK:
        db.execute(setting)
    taken = Taken(db, batch.readings, Source(Upstream.IMPORT, recorded_at))
    numbers = taken.numbers(signal_numbers(db, batch.readings))
    upstream_id = upstream_number(db, Upstream.IMPORT)
    papers = taken.papers
    saved = save(db, papers, taken.changes, again=False)
    observed = observe(db, Numbers(upstream_id, recorded_at, recorded_at, numbers))
    relisted = set_first_lists(db, taken.merged, taken.changes)
    counted = {paper for paper, _ in observed} - saved.new - saved.changed - relisted
    move(db, counted, taken.changes)
    db.execute(_MARK, [batch.file, batch.mark])
    changed = (saved.changed | relisted | counted) - saved.new
    return ImportReport(len(saved.new), len(changed), len(papers) - len(saved.new) - len(changed))


def import_mark(db: Database, file: str) -> int:
    """How far the file of this fingerprint was imported; 0 if never."""
    row = db.execute("SELECT mark FROM imports WHERE file = ?", [file]).fetchone()
    return 0 if row is None else int(row[0])
