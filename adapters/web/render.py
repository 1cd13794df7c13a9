"""Templates to HTML. What upstreams wrote is escaped wherever it stands; only web addresses become links."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from adapters.web.headers import THUMBNAILS
from adapters.web.sparkline import HEIGHT, WIDTH, Sparkline, sparkline
from bot.commands.exports import bibtex
from bot.commands.topics import TOPICS
from bot.editions.cards import summary_of
from bot.model import Paper, PaperId, PaperSeries, Series, Signal, Upstream, Window, from_utc_ms
from bot.plots.alternative import alternative
from bot.plots.model import Shape, Theme, size
from bot.reading.model import Story
from bot.reading.periods import Period, period_of
from bot.trending.merge import merged
from bot.view.doc import Marks, Span, marked
from bot.view.text import control_free, short_authors, shorten

STATIC: Final = ("style.css", "icon.svg")
_LONGEST_TITLE: Final = 300  # characters in a list; a paper's own page has it whole
_LONGEST_FACT: Final = 100  # characters
_WIDER: Final = {
    Window.DAY: (Window.WEEK, Window.MONTH),
    Window.WEEK: (Window.MONTH,),
    Window.MONTH: (),
}
_SIGNALS: Final = {
    Signal.UPVOTES: ("upvote", "upvotes"),
    Signal.COMMENTS: ("comment", "comments"),
    Signal.STARS: ("GitHub star", "GitHub stars"),
    Signal.HN_POINTS: ("point on Hacker News", "points on Hacker News"),
    Signal.HN_COMMENTS: ("comment on Hacker News", "comments on Hacker News"),
    Signal.CITATIONS: ("citation", "citations"),
}

Reading = tuple[datetime, int, int | None]
"""When a number was read, what it was, and how it had changed; the first one has no change."""


class Renderer:
    """The templates, compiled once."""

    def __init__(self, *, thumbnails: bool) -> None:
        self.static: Final = {name: _static(name) for name in STATIC}
        self._environment = Environment(
            loader=PackageLoader("adapters.web"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "authors": lambda paper: _brief(short_authors(paper.authors)),
            "brief": _brief,
            "bibtex": lambda paper: bibtex([paper]),
            "clean": control_free,
            "counted": counted,
            "day": long_date,
            "instant": instant,
            "marked": _marked,
            "ms": from_utc_ms,
            "number": lambda value: f"{value:,}",
            "path": paper_path,
            "period": period_title,
            "plotted": alternative,
            "short": lambda text: shorten(control_free(text), _LONGEST_TITLE),
            "sparkline": upvotes_line,
            "summary": _summary,
            "web": web_address,
        }
        self._environment.globals |= {
            "SPARK_HEIGHT": HEIGHT,
            "SPARK_WIDTH": WIDTH,
            "Window": Window,
            "Shape": Shape,
            "Signal": Signal,
            "Theme": Theme,
            "day_plot_path": day_plot_path,
            "histories": histories,
            "numbers": numbers,
            "period_of": period_of,
            "plot_path": plot_path,
            "dressed": dressed,
            "plot_size": size,
            "search_path": search_path,
            "topic_path": topic_path,
            "topic_plot_path": topic_plot_path,
            "topics": TOPICS,
            "static": {name: f"/static/{name}?v={tag}" for name, (_, tag) in self.static.items()},
            "wider": _WIDER,
            "thumbnail": _thumbnail if thumbnails else _no_thumbnail,
        }
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def page(self, template: str, **values: Any) -> bytes:
        """The page as UTF-8."""
        return self._environment.get_template(template).render(values).encode()


def _static(name: str) -> tuple[bytes, str]:
    """A file's bytes and the name of this version of it."""
    body = files("adapters.web").joinpath("static", name).read_bytes()
    return body, hashlib.blake2b(body, digest_size=6).hexdigest()


# --- words ---------------------------------------------------------------------------------------


def long_date(day: date | datetime) -> str:
    """`Thursday 20 November 2025`, in English whatever the machine's locale."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def instant(at: datetime) -> str:
    """`20 Nov 2025, 09:00 UTC`."""
    return f"{at.day} {_MONTHS[at.month - 1][:3]} {at.year}, {at:%H:%M} UTC"


def period_title(period: Period) -> str:
    """`Thursday 20 November 2025`, `Week 47 of 2025`, `November 2025`."""
    match period.window:
        case Window.DAY:
            return long_date(period.first)
        case Window.WEEK:
            year, week, _ = period.first.isocalendar()
            return f"Week {week} of {year}"
        case Window.MONTH:
            return f"{_MONTHS[period.first.month - 1]} {period.first.year}"


def counted(number: int, signal: Signal) -> str:
    """`1 upvote`, `1,204 GitHub stars`."""
    return f"{number:,} {_SIGNALS[signal][number != 1]}"


_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


# --- addresses -----------------------------------------------------------------------------------


def paper_path(paper: Paper | PaperId) -> str:
    """The path of a paper's page."""
    scheme, value = paper if isinstance(paper, PaperId) else paper.ids[0]
    return f"/paper/{scheme}/{quote(value, safe='/')}"


def plot_path(paper: Paper) -> str:
    """The path of a paper's plot."""
    return f"/plot{paper_path(paper)}.svg"


def day_plot_path(day: date) -> str:
    """The path of a day's field."""
    return f"/plot/day/{day}.svg"


def search_path(query: str, page: str | None = None) -> str:
    """The path of a search's results, or of a later page of them."""
    return "/search?" + urlencode({"q": query} | ({} if page is None else {"page": page}))


def topic_path(query: str) -> str:
    """The path of a topic's month."""
    return "/topic?" + urlencode({"q": query})


def topic_plot_path(query: str) -> str:
    """The path of its plot."""
    return "/plot/topic.svg?" + urlencode({"q": query})


def dressed(path: str, theme: Theme, shape: Shape) -> str:
    """The path of a plot for a page of that theme and width."""
    separator = "&" if "?" in path else "?"
    return path + separator + urlencode({"theme": theme} | ({} if shape is Shape.WIDE else {"shape": shape}))


def web_address(address: str | None) -> str | None:
    """The address if it is an absolute http or https one, else nothing."""
    return Span("", address).url


def _thumbnail(paper: Paper) -> str | None:
    """A picture of the paper, if it is where the page may ask for it."""
    address = web_address(paper.thumbnail_url)
    return address if address is not None and address.startswith(f"{THUMBNAILS}/") else None


def _no_thumbnail(_: Paper) -> None:
    return None


# --- papers --------------------------------------------------------------------------------------


def numbers(story: Story) -> list[str]:
    """The newest numbers in words, without those that its reasons name."""
    named = {part.name for part in story.entry.components} if story.entry is not None else set()
    return [
        counted(value, signal)
        for signal, value in story.signals.items()
        if value and signal not in named and signal is not Signal.STARS
    ]


def upvotes_line(story: Story) -> Sparkline | None:
    """How the story's upvotes rose."""
    series = None if story.series is None else merged(story.series, Signal.UPVOTES)
    return sparkline(series, "upvotes")


def histories(series: PaperSeries) -> list[tuple[Signal, Upstream, list[Reading]]]:
    """Everything that was read of a paper, by number and by whoever told it; upvotes first."""
    order = list(Signal)
    told = sorted(series.signals, key=lambda one: (order.index(one[0]), one[1]))
    return [(signal, upstream, _history(series.signals[signal, upstream])) for signal, upstream in told]


def _history(series: Series) -> list[Reading]:
    points = series.points()
    changes = [None, *(later - before for (_, before), (_, later) in pairwise(points))]
    rows = [(from_utc_ms(at), value, change) for (at, value), change in zip(points, changes, strict=True)]
    return rows[::-1]


def _brief(text: str) -> str:
    return shorten(control_free(text), _LONGEST_FACT)


def _summary(paper: Paper) -> Mapping[str, str | None]:
    text, source = summary_of(paper)
    return {"text": control_free(text), "origin": source}


def _marked(text: str, marks: Marks) -> tuple[Span, ...]:
    return marked(Span(text), marks)
