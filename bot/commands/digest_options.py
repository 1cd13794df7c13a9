"""The options that make a digest; the same where a channel is added and where it is edited."""

from typing import Final

from bot.commands.model import Kind, Option
from bot.commands.topics import TOPICS
from bot.model import Layout, Pool, QuietDay, Window

_DISCORD: Final = "discord"

AT: Final = Option(
    name="at", kind=Kind.TIME, named=True, default="9:00", label="Time", help="local time, such as 9:00"
)
ZONE: Final = Option(name="zone", kind=Kind.ZONE, named=True, label="Time zone", help="such as Europe/Berlin")
DAYS: Final = Option(
    name="days", kind=Kind.DAYS, named=True, default="weekdays", help="weekdays, daily, or mon,wed,fri"
)
TOPIC: Final = Option(
    name="topic",
    kind=Kind.CHOICE,
    named=True,
    choices=tuple(TOPICS),
    help="a ready filter, such as vision or robotics; one that you write yourself wins",
)
FILTER: Final = Option(
    name="filter",
    kind=Kind.QUERY,
    named=True,
    previewed=True,
    help="only papers that match, in the language of searches; in quotes if it has spaces",
)
MAXIMUM: Final = Option(
    name="max",
    kind=Kind.NUMBER,
    named=True,
    least=1,
    most=20,
    default="5",
    label="At most",
    help="papers in one digest",
)
FLOOR: Final = Option(
    name="floor",
    kind=Kind.NUMBER,
    named=True,
    least=0,
    most=1000,
    default="0",
    label="At least",
    help="upvotes gained in the window; 0 takes all",
)
DIGEST: Final = (
    AT,
    ZONE,
    DAYS,
    TOPIC,
    FILTER,
    MAXIMUM,
    FLOOR,
    Option(
        name="window",
        kind=Kind.CHOICE,
        named=True,
        choices=tuple(Window),
        default=Window.DAY,
        help="trending over the day, week or month",
    ),
    Option(
        name="pool",
        kind=Kind.CHOICE,
        named=True,
        choices=(Pool.TRENDING, Pool.ANNOUNCED, Pool.BOTH),
        default=Pool.TRENDING,
        label="Papers",
        help="what trends, what arXiv newly announced, or both",
    ),
    Option(
        name="layout",
        kind=Kind.CHOICE,
        named=True,
        choices=tuple(Layout),
        default=Layout.COMPACT,
        help="one compact message, cards, or a thread with a reply per paper",
    ),
    Option(
        name="summaries",
        kind=Kind.CHOICE,
        named=True,
        choices=("any", "abstract"),
        default="any",
        help="an AI's where there is one, or abstracts only",
    ),
    Option(
        name="quiet",
        kind=Kind.CHOICE,
        named=True,
        choices=tuple(QuietDay),
        default=QuietDay.SILENT,
        label="A day without papers",
        help="stay silent, post a note why, or bring the week's risers",
    ),
    Option(
        name="mention",
        kind=Kind.ROLE,
        named=True,
        surface=_DISCORD,
        help="the role that a digest mentions, or none",
    ),
    Option(
        name="publish",
        kind=Kind.CHOICE,
        named=True,
        choices=("no", "yes"),
        default="no",
        surface=_DISCORD,
        help="whether what is posted in an announcement channel is published to those who follow it",
    ),
    Option(
        name="tag",
        kind=Kind.TAG,
        named=True,
        surface=_DISCORD,
        help="the tag of what is posted in a forum, or none",
    ),
    Option(
        name="repeats",
        kind=Kind.CHOICE,
        named=True,
        choices=("no", "yes"),
        default="no",
        surface=_DISCORD,
        help="whether a paper may come here too that fits another channel of the server better",
    ),
    Option(
        name="feed",
        kind=Kind.CHOICE,
        named=True,
        choices=("no", "yes"),
        default="no",
        help="whether whoever has its address may follow what is posted here as a feed",
    ),
)
