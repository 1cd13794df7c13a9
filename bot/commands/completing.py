"""Ways to go on with what somebody types into an option: from the papers, the people and what is theirs."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bot.commands.channels import destination_at
from bot.commands.model import Actor, Command, Completion, Kind, Option, Place
from bot.commands.services import Services
from bot.commands.subscription_options import HERE
from bot.commands.topics import TOPICS
from bot.errors import InputError
from bot.ids import paper_id_of
from bot.model import Paper, Route, Window
from bot.schedule.zones import format_time, parse_days, parse_time, zones_like
from bot.search.categories import CATEGORIES, NAMES
from bot.search.fields import FieldName, Sort
from bot.view.text import shorten

MOST: Final = 25
LONGEST: Final = 100  # characters of a label, and of a value
_USUAL_ZONES: Final = ("UTC", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles",
    "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo")  # fmt: skip
_USUAL_TIMES: Final = ("9:00", "8:00", "10:00", "12:00", "14:00", "16:00", "18:00", "7:00")
_USUAL_ENDS: Final = ("tomorrow", "monday", "1w", "2w", "4w")
_USUAL_DAYS: Final = ("weekdays", "daily", "mon", "fri", "mon,thu", "mon,wed,fri", "tue,thu", "weekends")
# The last part of a query, as far as it was typed: a field with the value that was begun.
_LAST_FIELD: Final = re.compile(r'(?:(?<=\s)|^)-?\(*(author|cat|has|sort):("[^"]*|[^\s"]*)$', re.IGNORECASE)
_FIELD_VALUES: Final = {
    FieldName.HAS: ("code", "project"),
    FieldName.SORT: (Sort.NEW, Sort.TOP, Sort.TRENDING, Sort.RELEVANCE),
}


@dataclass(frozen=True, slots=True)
class Begun:
    """An option of a command that somebody is filling in."""

    command: Command
    option: Option
    typed: str  # so far
    others: Mapping[str, str]  # options that are filled in already, as they were typed
    actor: Actor
    place: Place


async def completions(begun: Begun, services: Services) -> Sequence[Completion]:
    """At most `MOST` ways to go on, the likeliest first. Raises `PaperboyError`."""
    maker = _MAKERS.get(begun.option.kind)
    if maker is not None:
        found = await maker(begun, services)
    elif begun.option.name == "number":
        found = await _subscriptions(begun, services)
    elif begun.option.name == "until":
        found = _among(((one, one) for one in _USUAL_ENDS), begun.typed)
    else:
        found = []
    unique: dict[str, Completion] = {}
    for one in found:
        if 0 < len(one.value) <= LONGEST:
            unique.setdefault(one.value, one)
    return list(unique.values())[:MOST]


def _completion(label: str, value: str) -> Completion:
    return Completion(label=shorten(" ".join(label.split()), LONGEST), value=value)


# --- from the corpus -----------------------------------------------------------------------------


async def _papers(begun: Begun, services: Services) -> list[Completion]:
    named = paper_id_of(begun.typed)
    if named is not None:
        known = await services.store.papers.find(named)
        return [_of_paper(known)] if known is not None else []
    hidden = await services.hidden(begun.actor)
    if begun.typed.strip():
        numbers = await services.search.index.titles(begun.typed, MOST)
    else:
        numbers = [entry.paper_id for entry in (await services.rankings.now(Window.DAY)).entries[:MOST]]
    papers = await services.store.papers.get(numbers)
    return [_of_paper(papers[number]) for number in numbers if number in papers and number not in hidden]


def _of_paper(paper: Paper) -> Completion:
    return _completion(paper.title, paper.arxiv_id or paper.key)


async def _query(begun: Begun, services: Services) -> list[Completion]:
    """Of a field the values that go on; else what the person keeps, titles where one is sought, topics."""
    field = _LAST_FIELD.search(begun.typed)
    if field is not None:
        before = begun.typed[: field.start(2)]
        values = await _values(FieldName(field[1].lower()), field[2].lstrip('"'), services)
        return [_completion(f"{before}{label}", f"{before}{value}") for label, value in values]
    wanted = begun.typed.casefold().strip()
    own = [*await _filters(begun, services), *await _kept(begun, services)]
    found = [_completion(query, query) for query in own if wanted in query.casefold()]
    if begun.command.name == "search":
        found += await _papers(begun, services) if wanted else []
    found += [
        _completion(f"{name}: {query}", query)
        for name, query in TOPICS.items()
        if query and name.startswith(wanted)
    ]
    return found


async def _values(field: FieldName, begun: str, services: Services) -> Sequence[tuple[str, str]]:
    """How the value of a field may go on: as it is shown, and as it is typed."""
    wanted = begun.casefold()
    match field:
        case FieldName.AUTHOR:
            names = await services.search.index.people(begun, MOST)
            return [(name, f'"{name}"' if " " in name else name) for name in names if '"' not in name]
        case FieldName.CATEGORY:
            everyday = [(f"{name} ({', '.join(codes)})", name) for name, codes in NAMES.items()]
            codes = [(f"{code}: {title}", code) for code, title in CATEGORIES.items()]
            return _ranked([*everyday, *codes], wanted)
        case _:
            return [(value, value) for value in _FIELD_VALUES[field] if value.startswith(wanted)]


def _ranked(some: Iterable[tuple[str, str]], wanted: str) -> list[tuple[str, str]]:
    """Those whose value begins so, then those that have it elsewhere."""
    held = [one for one in some if wanted in one[0].casefold()]
    return sorted(held, key=lambda one: not one[1].casefold().startswith(wanted))


# --- what is the person's --------------------------------------------------------------------------


async def _filters(begun: Begun, services: Services) -> list[str]:
    """What a channel's filter is or is about to be, to be edited."""
    if not begun.option.named:
        return []
    chosen = TOPICS.get(begun.others.get("topic", ""))
    here = None
    if begun.command.name == "channel edit" and begun.place.address is not None:
        here = await destination_at(services.store, begun.place.surface, begun.place.address)
    return [query for query in (chosen, here.query if here is not None else None) if query]


async def _kept(begun: Begun, services: Services) -> list[str]:
    person = await services.find(begun.actor)
    if person is None:
        return []
    return [one.query for one in await services.store.people.subscriptions(person.recipient_id)]


async def _subscriptions(begun: Begun, services: Services) -> list[Completion]:
    wanted = begun.typed.casefold().strip()
    queries = await _kept(begun, services)
    kept = [(f"{number}. {query}", str(number)) for number, query in enumerate(queries, 1)]
    every = [("all of them", "all")] if kept and begun.command.name != "subscription edit" else []
    return [_completion(*one) for one in [*kept, *every] if wanted in one[0].casefold()]


# --- without looking anything up -------------------------------------------------------------------


async def _zones(begun: Begun, services: Services) -> list[Completion]:
    if begun.typed.strip():
        return [_completion(zone, zone) for zone in zones_like(begun.typed)]
    mine = await services.zone_of(begun.actor)
    return [_completion(zone, zone) for zone in (mine, *_USUAL_ZONES)]


async def _times(begun: Begun, _: Services) -> list[Completion]:
    typed = begun.typed.strip()
    hours = re.fullmatch(r"([01]?[0-9]|2[0-3]):?", typed)
    if hours is not None:
        quarters = (f"{int(hours[1])}:{minutes}" for minutes in ("00", "15", "30", "45"))
        return [_completion(one, one) for one in quarters]
    if not typed:
        return [_completion(one, one) for one in _USUAL_TIMES]
    try:
        return [_completion(format_time(parse_time(typed)), typed)]
    except InputError:
        return []


async def _days(begun: Begun, _: Services) -> list[Completion]:
    usual = _among(((one, one) for one in _USUAL_DAYS), begun.typed)
    with suppress(InputError):
        parse_days(begun.typed)
        return [_completion(begun.typed, begun.typed), *usual]
    return usual


async def _choices(begun: Begun, _: Services) -> list[Completion]:
    topics = begun.option.name == "topic" and begun.option.named
    return _among(
        ((f"{one}: {TOPICS[one] or 'no filter'}" if topics else one, one) for one in begun.option.choices),
        begun.typed,
    )


async def _routes(begun: Begun, services: Services) -> list[Completion]:
    """The ways that there are to this person, and what they named already with one more."""
    person = await services.find(begun.actor)
    surface = begun.place.surface
    here = Route(surface=surface, address=begun.place.address or "")
    ways = await services.routes(person, here) if person is not None else ()
    names = [HERE, *(way.name for way in ways if way.name != surface)]
    before, comma, last = begun.typed.rpartition(",")
    return [
        _completion(f"{before}{comma}{one}", f"{before}{comma}{one}") for one in names if last.strip() in one
    ]


def _among(some: Iterable[tuple[str, str]], typed: str) -> list[Completion]:
    return [_completion(*one) for one in _ranked(some, typed.casefold().strip())]


_MAKERS: Final[Mapping[Kind, Callable[[Begun, Services], Awaitable[list[Completion]]]]] = {
    Kind.PAPER: _papers,
    Kind.QUERY: _query,
    Kind.ZONE: _zones,
    Kind.TIME: _times,
    Kind.DAYS: _days,
    Kind.CHOICE: _choices,
    Kind.ROUTES: _routes,
}
"""What goes on with an option of each kind; others are the platform's, or nothing is known of them."""

__all__ = ["LONGEST", "MOST", "Begun", "completions"]
