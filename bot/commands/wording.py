"""How forms and their choices are called, on every surface that has forms. Pure."""

from typing import Final

from bot.commands.model import Command
from bot.commands.topics import TOPICS
from bot.errors import InputError
from bot.schedule.zones import parse_days

_TITLES: Final = {
    "channel add": "Add a digest",
    "channel edit": "Change this digest",
    "subscribe": "Subscribe",
    "subscription edit": "Change subscription",
    "settings": "Your settings",
    "teach": "Teach with papers",
    "channel teach": "Teach this channel",
    "search": "Search papers",
}
_CHOICES: Final = {  # where its word alone says too little
    "day": "Day",
    "week": "Week",
    "month": "Month",
    "trending": "What trends",
    "announced": "Newly announced on arXiv",
    "both": "Both, apart",
    "compact": "Compact: one message",
    "cards": "Cards: more of each paper",
    "thread": "A thread: a reply for each paper",
    "embeds": "Embeds: a box for each paper",
    "any": "An AI's where there is one",
    "abstract": "From abstracts only",
    "silent": "Stay silent",
    "note": "Say why there is none",
    "risers": "Bring the week's risers",
    "daily": "Daily, on these days",
    "weekly": "Weekly, on the first of them",
    "instant": "As papers appear",
    "here": "Direct message here",
    "email": "Mail",
    "feed": "A private feed",
    "slack": "Direct message on Slack",
    "discord": "Direct message on Discord",
    **{name: f"{name.capitalize()}: {query or 'no filter'}" for name, query in TOPICS.items()},
}

DAYS: Final = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
"""The days of the week, by how they are typed."""


def title_of(command: Command) -> str:
    """The title of a command's form, at most 24 characters."""
    return _TITLES.get(command.name, command.name.capitalize())


def choice_label(choice: str) -> str:
    """How a choice reads in a form."""
    return _CHOICES.get(choice, choice)


def days_in(text: str) -> frozenset[str]:
    """The days that a text names, each as it is typed alone; none where it names none."""
    try:
        return frozenset(day.value for day in parse_days(text))
    except InputError:
        return frozenset()
