"""Hugging Face Papers: the daily, weekly and monthly lists, and its own trending list.

The JSON has changed a dozen times in two years, so nothing is trusted: a key may stand inside `paper` or
outside, be absent, or be of another type. Only a row without an id or a title is given up.
"""

import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

import structlog
from pydantic import BaseModel, Field, PlainValidator, StrictInt, ValidationError, WrapValidator
from pydantic import ValidatorFunctionWrapHandler as Handler

from bot.errors import GarbledError, UpstreamError, UpstreamRefusedError
from bot.ids import arxiv_id_of
from bot.model import AnnounceType, IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream
from bot.sources.http import BudgetRule, HttpClient
from bot.sources.text import clean_abstract, clean_link, clean_name, clean_title

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
_LABEL: Final = Upstream.HUGGING_FACE.label

_PAGE_ROWS: Final = 100  # the most that `limit` may ask for
_DEFAULT_ROWS: Final = 50  # what a server that ignores `limit` sends
_MOST_PAGES: Final = {"daily": 10, "week": 30, "month": 100, "trending": 3}
_MOST_PASSES: Final = 4


def budget(*, has_token: bool) -> BudgetRule:
    """Four fifths of what is allowed (500 requests in 5 minutes, 1,000 with a token): the rest is for
    whatever else the same person or address asks of Hugging Face.
    """
    return BudgetRule(
        name=Upstream.HUGGING_FACE.value,
        interval=timedelta(milliseconds=200),
        window=timedelta(minutes=5),
        limit=800 if has_token else 400,
    )


# --- one row: what may be said of a paper ----------------------------------------------------------

T = TypeVar("T")


def _or_none(value: object, handler: Handler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


def _text(value: object) -> str:
    """Any string: pydantic's own takes none with half a surrogate pair, which cleaning mends later."""
    if not isinstance(value, str):
        raise ValueError("no string")  # noqa: TRY004  pydantic takes a ValueError alone for a finding
    return value


def _instant(value: object) -> datetime:
    """An ISO 8601 instant as UTC; one without an offset is UTC already."""
    try:
        instant = datetime.fromisoformat(_text(value))
        instant = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("no such instant") from error
    if not 1900 <= instant.year <= 2200:
        raise ValueError("no plausible instant")
    return instant


# `None` stands for an absent value and for one of a wrong type alike.
Lenient = Annotated[T | None, WrapValidator(_or_none)]
Count = Annotated[StrictInt, Field(ge=0, le=10**12)]
Text = Annotated[str, PlainValidator(_text)]
Instant = Annotated[datetime, PlainValidator(_instant)]


class _Author(BaseModel):
    name: Text
    hidden: Lenient[bool] = None


class _Organization(BaseModel):
    fullname: Lenient[Text] = None
    name: Lenient[Text] = None


class _Facts(BaseModel):
    """What either of the two objects of a row may say."""

    id: Lenient[Text] = None
    title: Lenient[Text] = None
    summary: Lenient[Text] = None
    authors: Lenient[list[Lenient[_Author]]] = None
    published_at: Lenient[Instant] = Field(None, alias="publishedAt")
    upvotes: Lenient[Count] = None
    num_comments: Lenient[Count] = Field(None, alias="numComments")
    github_stars: Lenient[Count] = Field(None, alias="githubStars")
    github_repo: Lenient[Text] = Field(None, alias="githubRepo")
    project_page: Lenient[Text] = Field(None, alias="projectPage")
    thumbnail: Lenient[Text] = None
    ai_summary: Lenient[Text] = None
    ai_summary_model: Lenient[Text] = None
    ai_keywords: Lenient[list[Lenient[Text]]] = None
    organization: Lenient[_Organization] = None


class _Row(_Facts):
    """A row as the daily list has it, around `paper`; a flat row simply has no `paper`."""

    paper: Lenient[_Facts] = None

    def facts(self) -> _Facts:
        """The two objects as one; the inner one is believed first."""
        if self.paper is None:
            return self
        said = {name: value for name, value in self.paper if value is not None}
        return self.model_copy(update=said)


@dataclass(frozen=True, slots=True)
class ParsedList:
    """One body: its readings in the order given, and what was wrong with the rows left out."""

    readings: tuple[PaperReading, ...]
    problems: tuple[str, ...] = ()  # one for each row skipped, fit for a log

    @property
    def skipped(self) -> int:
        return len(self.problems)

    @property
    def rows(self) -> int:
        return len(self.readings) + self.skipped


def parse_daily(body: bytes | list[Any]) -> ParsedList:
    """Reads a body of `/api/daily_papers` or `/api/papers/search`, as bytes or as decoded JSON.

    Raises `GarbledError` if it is no JSON, or no list.
    """
    rows = _decoded(body) if isinstance(body, bytes) else body
    if not isinstance(rows, list):
        raise GarbledError(_LABEL, f"sent no list but {_described(rows)}.")
    readings, problems = [], []
    for place, row in enumerate(rows):
        try:
            readings.append(_reading(row))
        except ValueError as error:  # also what pydantic raises for a row that is no object
            problem = "it is no object" if isinstance(error, ValidationError) else str(error)
            problems.append(f"row {place}: {problem}")
    return ParsedList(tuple(readings), tuple(problems))


def _decoded(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GarbledError(_LABEL, f"sent {len(body)} bytes that are no JSON.") from error


def _described(value: object) -> str:
    if isinstance(value, dict) and isinstance(value.get("error"), str):
        return f"an error: {clean_title(value['error'])[:200]!r}"
    return f"a JSON {type(value).__name__}"


def _reading(row: object) -> PaperReading:
    """The reading of one row; raises `ValueError` saying why there is none."""
    facts = _Row.model_validate(row).facts()
    if not facts.id or not facts.id.strip():
        raise ValueError("its id is missing")
    title = clean_title(facts.title or "")
    if not title:
        raise ValueError(f"its title is missing ({facts.id[:40]!r})")
    arxiv = arxiv_id_of(facts.id)
    organization = facts.organization and (facts.organization.fullname or facts.organization.name)
    counts = {
        Signal.UPVOTES: facts.upvotes,
        Signal.COMMENTS: facts.num_comments,
        Signal.STARS: facts.github_stars,
    }
    return PaperReading(
        ids=(PaperId(IdScheme.ARXIV, arxiv[0]),) if arxiv else (),
        title=title,
        abstract=clean_abstract(facts.summary or ""),
        authors=_names(author.name for author in facts.authors or () if author and not author.hidden),
        published_at=facts.published_at,
        ai_summary=clean_abstract(facts.ai_summary or "") or None,
        ai_summary_model=clean_name(facts.ai_summary_model or "") or None,
        keywords=_names(facts.ai_keywords or ()),
        organization=clean_name(organization or "") or None,
        code_url=clean_link(facts.github_repo or ""),
        project_url=clean_link(facts.project_page or ""),
        thumbnail_url=clean_link(facts.thumbnail or ""),
        announce_type=AnnounceType.LISTED,
        signals={signal: count for signal, count in counts.items() if count is not None},
    )


def _names(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(clean for name in names if name and (clean := clean_name(name)))


# --- one list: pages, passes, outcome --------------------------------------------------------------


def poll_from_body(body: bytes | list[Any], subject: str, observed_at: datetime) -> Poll:
    """The poll that one recorded body amounts to; `observed_at` (UTC) is when it was captured.

    Raises `GarbledError` if the body is no list, and `ValueError` for a subject that is none of ours.
    """
    _parameters(subject)
    gathered = _Gathered()
    gathered.add(parse_daily(body), observed_at)
    return gathered.poll(subject)


def _parameters(subject: str) -> dict[str, str]:
    """What to ask for a subject; raises `ValueError` for one that is none of ours."""
    kind, _, value = subject.partition(":")
    if subject == "trending":
        return {"sort": "trending"}
    if kind == "daily" and date.fromisoformat(value).isoformat() == value:
        return {"date": value}
    if kind == "week" and (match := re.fullmatch(r"([0-9]{4})-W([0-9]{2})", value)):
        date.fromisocalendar(int(match[1]), int(match[2]), 1)
        return {"week": value}
    if kind == "month" and re.fullmatch(r"[0-9]{4}-[0-9]{2}", value):
        date.fromisoformat(f"{value}-01")
        return {"month": value}
    raise ValueError(f"not a subject of Hugging Face: {subject!r}")


@dataclass(slots=True)
class _Gathered:
    """What was read of one list so far, over all pages and passes."""

    readings: dict[str, PaperReading] = field(default_factory=dict)  # the last reading of each paper
    problems: dict[str, None] = field(default_factory=dict)
    rows: int = 0
    # When the last page was read: a reading is never dated before it was made, and a list that goes on
    # over several pages has only one date.
    observed_at: datetime | None = None

    def add(self, parsed: ParsedList, observed_at: datetime, page: int = 0) -> set[str]:
        """Takes one page in; returns the keys of its papers."""
        keyed = {
            str(reading.ids[0]) if reading.ids else reading.title: reading for reading in parsed.readings
        }
        self.readings.update(keyed)
        self.problems.update(dict.fromkeys(f"page {page}, {problem}" for problem in parsed.problems))
        self.rows += parsed.rows
        self.observed_at = observed_at
        return set(keyed)

    def poll(self, subject: str, trouble: str = "") -> Poll:
        """The poll of what was gathered; `trouble` says why it is not all there is."""
        if self.observed_at is None:
            raise AssertionError("a poll is made of at least one page")
        details = [trouble] if trouble else []
        if self.problems:
            details.append(f"{len(self.problems)} rows could not be read: {next(iter(self.problems))}.")
            for problem in self.problems:
                _LOG.warning(
                    "A row of a list was left out.", upstream="huggingface", subject=subject, problem=problem
                )
        if self.rows and not self.readings:
            outcome = Outcome.FAILED
        elif details:
            outcome = Outcome.PARTIAL
        else:
            outcome = Outcome.OK if self.readings else Outcome.EMPTY
        return Poll(
            upstream=Upstream.HUGGING_FACE,
            subject=subject,
            observed_at=self.observed_at,
            outcome=outcome,
            readings=tuple(self.readings.values()),
            skipped=len(self.problems),
            detail=" ".join(details),
        )


class HuggingFaceSource:
    """`bot.ports.Source` for the subjects `daily:2025-11-20`, `week:2025-W47`, `month:2025-11`, `trending`.

    One question gives one poll. A list longer than a page is read again until a whole reading brings no
    paper that was not there before: rows move between pages while one pages, and the one that moves the
    wrong way is seen on neither. `trending` is the top of a list without an end, and read once.
    """

    def __init__(self, client: HttpClient, endpoint: str, token: str | None = None) -> None:
        """`endpoint` is `HF_ENDPOINT`, without `/api`; the token goes nowhere else."""
        self._client = client
        self._url = f"{endpoint.rstrip('/')}/api/daily_papers"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._budget = budget(has_token=bool(token))

    @property
    def upstream(self) -> Upstream:
        return Upstream.HUGGING_FACE

    async def poll(self, subject: str) -> AsyncIterator[Poll]:
        """Reads one list; a failure is a poll too. Raises `ValueError` for a subject that is none of ours."""
        parameters = _parameters(subject)
        gathered = _Gathered()
        try:
            trouble = await self._gather(subject.partition(":")[0], parameters, gathered)
        except UpstreamError as error:
            if gathered.observed_at is not None:
                part = gathered.poll(subject, f"Only a part could be read: {error}")
                yield replace(part, ask_again_at=error.until)
            else:
                yield self._without_answer(subject, error)
        else:
            yield gathered.poll(subject, trouble)

    async def _gather(self, kind: str, parameters: Mapping[str, str], gathered: _Gathered) -> str:
        """Reads all pages, as often as it takes; returns what is wrong with the result, or nothing."""
        for _ in range(_MOST_PASSES):
            known = set(gathered.readings)
            pages, whole = await self._read_through(parameters, gathered, _MOST_PAGES[kind])
            if kind == "trending" or (pages == 1 and whole):
                return ""
            if not whole:
                return f"The list is longer than {pages} pages; the rest was not read."
            if set(gathered.readings) == known:
                return ""
        return "The list kept changing while it was read; papers may be missing."

    async def _read_through(
        self, parameters: Mapping[str, str], gathered: _Gathered, most: int
    ) -> tuple[int, bool]:
        """Reads page after page; returns how many there were, and whether the last one was the end."""
        seen: set[str] = set()
        for page in range(most):
            reply = await self._client.get(
                Upstream.HUGGING_FACE,
                self._url,
                budget=self._budget,
                params={**parameters, "limit": _PAGE_ROWS, "p": page},
                headers=self._headers,
            )
            parsed = parse_daily(reply.body)
            keys = gathered.add(parsed, reply.observed_at, page)
            # A full page with nothing new comes from a server that does not know `p`.
            if parsed.rows not in {_PAGE_ROWS, _DEFAULT_ROWS} or keys <= seen:
                return page + 1, True
            seen |= keys
        return most, False

    def _without_answer(self, subject: str, error: UpstreamError) -> Poll:
        """The poll of a list of which nothing was read. A day that is not there yet is empty, not broken."""
        absent = (
            isinstance(error, UpstreamRefusedError) and error.status in {400, 404} and subject != "trending"
        )
        return Poll(
            upstream=Upstream.HUGGING_FACE,
            subject=subject,
            observed_at=self._client.now(),
            outcome=Outcome.EMPTY if absent else Outcome.FAILED,
            detail=f"{_LABEL} has no such list, or not yet: {error}" if absent else str(error),
            ask_again_at=error.until,
        )
