"""The options that make a subscription; the same where it is made and where it is edited."""

from dataclasses import replace
from typing import Final

from bot.commands.digest_options import AT, DAYS, MAXIMUM, ZONE
from bot.commands.model import Kind, Option
from bot.people.model import Cadence

HERE: Final = "here"  # the direct messages of the surface where it is typed

QUERY: Final = Option(
    name="query",
    kind=Kind.QUERY,
    required=True,
    rest=True,
    previewed=True,
    help="what you want to hear of",
)
NUMBER: Final = Option(name="number", kind=Kind.TEXT, help="its number in the list, or all", required=True)
MADE: Final = (
    Option(
        name="cadence",
        kind=Kind.CHOICE,
        named=True,
        choices=(Cadence.DAILY, Cadence.WEEKLY, Cadence.INSTANT),
        default=Cadence.DAILY,
        label="How often",
        help="daily, weekly (on the first of the days), or instant, as papers appear",
    ),
    AT,
    ZONE,
    DAYS,
    replace(MAXIMUM, help="papers in one message"),
    Option(
        name="min",
        kind=Kind.NUMBER,
        named=True,
        least=1,
        most=20,
        default="1",
        label="No fewer than",
        help="papers that a message needs; fewer wait for more",
    ),
    Option(
        name="route",
        kind=Kind.ROUTES,
        named=True,
        choices=(HERE, "mail", "feed", "slack", "discord"),
        default=HERE,
        label="By",
        help="one or several ways, such as here (direct message) or slack,discord; the first due is used",
    ),
)
EDITED: Final = (
    replace(NUMBER, required=False, help="its number in `subscriptions`, if you have several"),
    replace(QUERY, required=False, rest=False, named=True, help="what you want to hear of instead"),
    *(replace(one, default=None) for one in MADE),
)
FOR_YOU: Final = Option(
    name="for_you",
    kind=Kind.CHOICE,
    named=True,
    choices=("no", "yes"),
    label="For you",
    help="whether your messages have a section of papers near what you keep",
)
TEAM: Final = Option(
    name="team",
    kind=Kind.CHOICE,
    named=True,
    choices=("yes", "no"),
    label="My saves in channels",
    help="whether what you save in a channel may count there, without your name",
)
UNTIL: Final = Option(
    name="until",
    kind=Kind.TEXT,
    required=True,
    rest=True,
    help="a day or a while, such as monday, 2w or 2025-12-24",
)
