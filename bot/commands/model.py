"""Commands as they are declared, called and answered: the same on every surface. Frozen values."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import TypeAlias

from bot.model import PaperId, Weekday
from bot.people.model import Identity
from bot.view.doc import Doc
from bot.view.text import unticked

# --- declared ------------------------------------------------------------------------------------


class Kind(StrEnum):
    """What an option takes; `bot.commands.values` reads each from text."""

    TEXT = "text"
    QUERY = "query"  # the query language; kept as it was typed
    PAPER = "paper"  # an id or a link
    PAPERS = "papers"  # many of them, as ids, links or a list in a format of such lists; kept as typed
    CHOICE = "choice"
    NUMBER = "number"
    TIME = "time"
    ZONE = "zone"
    DAYS = "days"
    ROUTES = "routes"  # one or several ways to a person
    ROLE = "role"  # the surface's id of a group of people, or how it is mentioned; kept as the id
    TAG = "tag"  # a tag of a forum, by its name or id as the surface knows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One argument of a command.

    Positional options are typed in their order, named ones as `name=value` anywhere. The last positional one
    may take all that is `rest`.
    """

    name: str
    kind: Kind
    help: str  # one phrase, without a full stop
    label: str = ""  # in a form; the name with a capital unless given
    required: bool = False
    named: bool = False
    rest: bool = False
    choices: tuple[str, ...] = ()  # of a CHOICE, whose first is the default in a form, or of ROUTES
    least: int = 0  # of a NUMBER
    most: int = 0
    default: str | None = None  # as it would be typed
    surface: str = ""  # the only surface that has it; empty: all
    previewed: bool = False  # a form can show what it would have brought, before it is submitted

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ").capitalize()


class Permission(StrEnum):
    """Who may use a command."""

    ANYONE = "anyone"  # every member, also guests: answers are private, and store nothing of who is unknown
    MEMBER = "member"  # members of the organisation: something is stored for them
    MANAGER = "manager"  # who may manage the channel where it is used


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, declared once."""

    name: str  # as typed behind the command's own name: "search", "channel add"
    summary: str  # one line for lists, at most 80 characters, without a full stop
    help: str  # what it does, in full sentences
    examples: tuple[str, ...]  # what stands behind the command's own name; each parses to this command
    options: tuple[Option, ...] = ()
    permission: Permission = Permission.ANYONE
    form: bool = False  # called without arguments, a surface that has forms opens one
    private: bool = False  # what is typed behind it may be an address or a code: it never becomes a search

    @property
    def group(self) -> str | None:
        """`channel` of `channel add`."""
        group, space, _ = self.name.rpartition(" ")
        return group if space else None

    def option(self, name: str) -> Option:
        """Raises `KeyError`."""
        return next(one for one in self.options if one.name == name)


# --- called --------------------------------------------------------------------------------------

Value: TypeAlias = str | int | time | frozenset[Weekday] | tuple[str, ...] | PaperId
"""What an option's text was read as: TEXT, QUERY and PAPERS (checked, as typed), CHOICE, ZONE, ROLE (its id)
and TAG are `str`."""


class Standing(StrEnum):
    """What somebody is to the organisation in whose space they speak."""

    MEMBER = "member"
    GUEST = "guest"  # invited to some channels
    EXTERNAL = "external"  # of another organisation, in a shared channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who calls. `name` is untrusted text."""

    identity: Identity
    name: str
    standing: Standing = Standing.MEMBER
    why: str = ""  # of a guest who may be a member: why nobody can tell, and what to do, in sentences
    zone: str | None = None  # as the surface tells it; None: it does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command was called: what the surface needs to answer and to post there.

    `address` is the route's (`bot.model.Route.address`) if digests could be posted there, else `None`.
    """

    surface: str
    tenant: str
    address: str | None
    name: str  # for people: "#ml-papers", "direct message"; untrusted text, its backticks taken away
    direct: bool = False
    forum: bool = False  # what is posted there opens threads
    announcements: bool = False  # what is posted there can be published to those who follow
    spoke: bool = False  # the actor typed a command there, or acts on the answer to one

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", unticked(self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One way to go on with what somebody types."""

    label: str  # as shown, at most 100 characters; untrusted text
    value: str  # as it would be typed, at most 100 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of a command, its options read."""

    command: Command
    arguments: Mapping[str, Value]  # those given, and the defaults of others
    actor: Actor
    place: Place
    note: str | None = None  # what to say first: that the text was taken as a search
    values: Mapping[str, str] = field(default_factory=dict)  # those given, as they were typed
    subject: str = ""  # what a form was opened for; see `FormRequest`
    sure: bool = False  # the question whether this is really meant was answered with yes

    def text(self, name: str) -> str:
        """An argument that is a `str`; empty if it was not given."""
        value = self.arguments.get(name, "")
        assert isinstance(value, str)  # noqa: S101 - which kind an option is of is declared beside it
        return value

    def paper(self, name: str) -> PaperId:
        """A PAPER argument that is required."""
        value = self.arguments[name]
        assert isinstance(value, PaperId)  # noqa: S101 - as above
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One use of a button."""

    argument: str  # of its action
    actor: Actor
    place: Place


# --- answered ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with an answer."""

    name: str
    media_type: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that goes with an answer."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    alternative: str  # what it shows, for whoever does not see it


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRequest:
    """Asks the surface for a form with the command's options.

    `values` are as they would be typed. What is submitted comes back as a call of the command.
    `subject` is handed back with it (the destination that is edited).
    """

    command: Command
    values: Mapping[str, str] = field(default_factory=dict)
    intro: str = ""
    subject: str = ""


Later: TypeAlias = Callable[[], AsyncGenerator["Update"]]
"""Brings what comes behind an answer, each as it comes, and never fails: a surface calls it once, as soon as
it has shown the answer. It shows each `whole` in place of what it showed before; where it cannot take that
back, each `news` behind it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What came behind an answer that was given: all of the answer with it, and what is new by itself.

    A picture comes only where the surface said that it shows pictures.
    """

    whole: Doc
    news: Doc | None  # None: nothing is
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a command answers. Private unless it says otherwise: `shared` posts it for all in the place."""

    doc: Doc
    shared: bool = False
    replaces: bool = False  # the message whose button was pressed becomes this one
    attachment: Attachment | None = None
    form: FormRequest | None = None  # where the surface has no forms, `doc` says what to type instead
    later: Later | None = None  # what is still to come of a private answer


__all__ = [
    "Actor",
    "Attachment",
    "Call",
    "Command",
    "Completion",
    "FormRequest",
    "Kind",
    "Later",
    "Option",
    "Permission",
    "Picture",
    "Place",
    "Press",
    "Reply",
    "Standing",
    "Update",
    "Value",
]
