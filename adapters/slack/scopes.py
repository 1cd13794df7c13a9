"""What Slack is asked for, and why: a base that posts and answers, and packs that a team may add. Pure.

The reasons are shown to the administrator who decides on the app, in `docs/slack.md` as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scope:
    """One right, and what it is used for, as a phrase that goes on from "to"."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pack:
    """Rights that come together; each pack is off unless the setting `slack_packs` names it."""

    name: str
    gives: str  # what a team has of it, in a sentence
    scopes: tuple[Scope, ...]
    events: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()  # links to these are handed over


BASE: Final = (
    Scope("commands", "answer the slash command, the shortcuts, and what is pressed"),
    Scope("chat:write", "post digests and answers in the channels that it was invited to"),
    Scope("im:write", "open a direct message with people who asked for one"),
)
BASE_EVENTS: Final = ("app_home_opened", "app_uninstalled", "tokens_revoked")

_TO_FIND: Final = "look whether a digest of its own arrived, after a connection broke, in"
PACKS: Final = (
    Pack(
        "recheck",
        "A digest whose connection broke is looked up in its channel and posted if it is not there; without "
        "the pack, the person who set the digest up is asked.",
        (
            Scope("channels:history", f"{_TO_FIND} public channels that it is in"),
            Scope("groups:history", f"{_TO_FIND} private channels that it is in"),
            Scope("im:history", f"{_TO_FIND} its direct messages"),
        ),
    ),
    Pack(
        "links",
        "Links to arXiv and Hugging Face papers that people post get a card below.",
        (
            Scope("links:read", "see the links to papers, and no other part of a message"),
            Scope("links:write", "put the card below them"),
        ),
        events=("link_shared",),
        domains=("arxiv.org", "huggingface.co"),
    ),
    Pack(
        "plots",
        "Lists that people export, and what is stored of them, come as files instead of text; with the "
        "answer why a paper trends comes a plot of it.",
        (Scope("files:write", "hand people the files that they asked for, in their direct messages"),),
    ),
    Pack(
        "join",
        "A public channel can be given a digest without an invitation.",
        (Scope("channels:join", "join a public channel when its digest is set up"),),
    ),
    Pack(
        "channels",
        "Answers to a digest's own buttons can be shared too, by those who may post in the channel; and a "
        "digest is changed from elsewhere by those alone who are in its channel.",
        (
            Scope("channels:read", "see who may post in a public channel, and who is in it"),
            Scope("groups:read", "see the same of private channels that it is in"),
        ),
    ),
    Pack(
        "people",
        "Times come in each person's own time zone, and full members are told from guests.",
        (Scope("users:read", "read the time zone and the kind of account of those who use it"),),
    ),
)


def chosen(packs: Iterable[str]) -> tuple[Pack, ...]:
    """The packs of these names, in the order of `PACKS`."""
    names = frozenset(packs)
    return tuple(pack for pack in PACKS if pack.name in names)


def scopes(packs: Iterable[str]) -> tuple[Scope, ...]:
    """All that is asked for with these packs."""
    return (*BASE, *(scope for pack in chosen(packs) for scope in pack.scopes))


def events(packs: Iterable[str]) -> tuple[str, ...]:
    """What Slack tells the app of."""
    return (*BASE_EVENTS, *(event for pack in chosen(packs) for event in pack.events))
