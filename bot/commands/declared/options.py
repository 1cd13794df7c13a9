"""Options that commands of several kinds have."""

from dataclasses import replace
from typing import Final

from bot.commands.model import Kind, Option

PAPERS: Final = Option(
    name="papers",
    kind=Kind.PAPERS,
    required=True,
    rest=True,
    help="links or ids of papers, or a list as BibTeX, RIS, CSL-JSON or CSV",
)


def without_defaults(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """What is not given stays as it is."""
    return tuple(replace(one, default=None) for one in options)
