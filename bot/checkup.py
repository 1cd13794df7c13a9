"""What `paperboy doctor` and `paperboy setup` find out about a platform."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is and, if it is not well, what to do."""

    what: str
    state: str
    remedy: str = ""
    open: bool = False  # nobody can tell whether it is well: `remedy` says what to look at

    @property
    def well(self) -> bool:
        """Whether nothing is known to be wrong."""
        return self.open or not self.remedy
