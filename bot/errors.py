"""The one exception tree.

Every operational failure that Paperboy can meet is a `PaperboyError`, and its text is one clear
sentence for the person who reads it: what is wrong, and what to do. Bugs are never wrapped; they crash.
"""

from datetime import datetime, timedelta


class PaperboyError(Exception):
    """Root of all operational failures; `str(error)` is fit to show to a person."""


# --- settings and input ------------------------------------------------------------------------


class ConfigError(PaperboyError):
    """Settings that cannot work; the message lists every problem, one a line."""


class InputError(PaperboyError):
    """Something a person typed cannot be used; the message says what would work."""


class QueryError(InputError):
    """A query the language can name the mistake of; `suggestion` is the nearest right form."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        self.suggestion = suggestion
        super().__init__(f"{message} Try {suggestion}." if suggestion else message)


class NotFoundError(InputError):
    """The thing named does not exist."""

    def __init__(self, what: str, name: str, hint: str = "") -> None:
        super().__init__(f"There is no {what} {name!r}. {hint}".strip())


class ConflictError(InputError):
    """The thing to be made exists already."""


# --- storage -----------------------------------------------------------------------------------


class StorageError(PaperboyError):
    """The store cannot do what was asked."""


class NotADatabaseError(StorageError):
    """The file is no Paperboy database."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is not a Paperboy database. Move that file away, or point PAPERBOY_DATABASE elsewhere."
        )


class IndexFolderError(StorageError):
    """The search index's folder cannot be used: no room, no rights, not a folder."""


class NewerDatabaseError(StorageError):
    """The database was made by a newer version of Paperboy."""

    def __init__(self, path: str, unknown: str) -> None:
        super().__init__(
            f"{path} was made by a newer version of Paperboy (it has the change {unknown!r}). "
            "Upgrade Paperboy, or restore a backup made by this version."
        )


class DamagedDatabaseError(StorageError):
    """The database file is damaged."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(
            f"{path} is damaged ({detail}). Restore the last backup; `paperboy db check` lists what is wrong."
        )


class ReadOnlyError(StorageError):
    """The database or its folder cannot be written."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} cannot be written. Give this user write access to the file and its folder, "
            "or point PAPERBOY_DATABASE elsewhere."
        )


class DiskFullError(StorageError):
    """There is no room left for the database."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The disk that holds {path} is full. Free some space: "
            "nothing was lost, and work goes on by itself."
        )


class BusyError(StorageError):
    """Another process kept the database locked for too long."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is locked by another program. Close it (a database browser, a backup), then try again."
        )


class StaleLeaseError(StorageError):
    """The lease was lost to another worker: whatever its holder meant to record no longer counts."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The lease of {what} has passed to another worker.")


class ThinnedOutError(StorageError):
    """Readings went that an edition in the making may need: it is to be made anew."""

    def __init__(self) -> None:
        super().__init__("Readings were thinned out while an edition was made of them. Make it anew.")


# --- upstreams ---------------------------------------------------------------------------------


class UpstreamError(PaperboyError):
    """An upstream did not give what was asked; `upstream` names it for people.

    `until` (UTC) is set where it asked us to wait.
    """

    until: datetime | None = None

    def __init__(self, upstream: str, message: str) -> None:
        self.upstream = upstream
        super().__init__(f"{upstream} {message}")


class UnreachableError(UpstreamError):
    """No usable answer: no route, a cut connection, a time-out, a 5xx."""


class RateLimitedError(UpstreamError):
    """The upstream asked us to wait until `until` (UTC)."""

    def __init__(self, upstream: str, until: datetime) -> None:
        self.until: datetime = until
        super().__init__(upstream, f"asked us to wait until {until:%Y-%m-%d %H:%M:%S} UTC.")


class GarbledError(UpstreamError):
    """The answer's body is not what the upstream documents: truncated, too large, or of another kind."""


class UpstreamRefusedError(UpstreamError):
    """The upstream answered, and said no to this very request (a 4xx): asking again will not help."""

    def __init__(self, upstream: str, message: str, status: int) -> None:
        self.status = status
        super().__init__(upstream, message)


# --- delivery ----------------------------------------------------------------------------------


class DeliveryError(PaperboyError):
    """A message did not certainly arrive."""


class NotAcceptedError(DeliveryError):
    """It is known that the receiver did not accept the message, and a later try may work."""

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class RefusedError(DeliveryError):
    """The receiver did not accept the message and never will: trying again is useless.

    With `pause`, no other message would fare better until somebody acts: the destination is paused.
    """

    def __init__(self, message: str, *, pause: bool = False) -> None:
        self.pause = pause
        super().__init__(message)


class DoubtfulError(DeliveryError):
    """The request went out, and what became of it is not known."""


# --- plots -------------------------------------------------------------------------------------


class DrawingError(PaperboyError):
    """A plot could not be drawn; whatever it belongs to goes without."""
