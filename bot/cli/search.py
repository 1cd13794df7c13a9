"""`paperboy search` and `paperboy similar`: papers found by words, by meaning, and by other papers."""

import shlex
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from bot.cli.common import JsonOption, load_settings, print_json, run, warn
from bot.cli.indexing import caught_up
from bot.cli.output import counted, paragraph
from bot.config import Settings
from bot.model import Signal
from bot.ports import Store
from bot.view.doc import Span, marked
from bot.view.text import ELLIPSIS, short_authors

if TYPE_CHECKING:
    from rich.console import Console

    from bot.search.answer import Answer, Excerpt, Result
    from bot.search.query import Query
    from bot.search.service import Search

T = TypeVar("T")

CLOSE: Final = "Close, but not every word:"
_USUAL: Final = 10  # papers on a page

_Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="At most so many papers.")]
_Explain = Annotated[
    bool, typer.Option("--explain", help="Show how the query was read, and each score's parts.")
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("search")(search_command)
    app.command("similar")(similar_command)


# --- the commands --------------------------------------------------------------------------------


def search_command(
    words: Annotated[
        list[str], typer.Argument(metavar="QUERY…", help="What to look for; quote it, so that signs stay.")
    ],
    limit: _Limit = _USUAL,
    page: Annotated[str | None, typer.Option(help="The page that the one before names.")] = None,
    explain: _Explain = False,
    json_: JsonOption = False,
) -> None:
    """Find papers: by words and phrases, by people, categories and dates, by id or link, and by meaning."""
    from bot.search.query import parse

    settings = load_settings()
    text = " ".join(words)
    parse(text)  # a mistake is told before anything is opened

    async def find(store: Store, search: "Search") -> "tuple[Answer, int]":
        if page is not None:
            answer = await search.search(text, limit=limit, page=page)
            _show_first(answer, explain=explain, json_=json_)
        else:
            before: Answer | None = None
            async for answer in search.live(
                text, limit=limit
            ):  # upstreams come behind, where they may be asked
                if before is None:
                    _show_first(answer, explain=explain, json_=json_)
                elif not json_:
                    show_more(answer, before, explain=explain)
                before = answer
        return answer, 0 if answer.results else (await store.papers.coverage()).papers

    answer, stored = with_search(find, settings)
    if json_:
        print_json(as_json(answer))
    elif answer.results:
        if answer.more is not None:
            paragraph()
            paragraph(Span(f"More: {_next_page(text, limit, answer.more)}", emphasis=True))
    else:
        warn_of_nothing(answer, stored, later=page is not None)


def _show_first(answer: "Answer", *, explain: bool, json_: bool) -> None:
    if answer.results and not json_:
        show(answer, explain=explain)


def similar_command(
    names: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids or links of papers: 1706.03762.")],
    limit: _Limit = _USUAL,
    json_: JsonOption = False,
) -> None:
    """Find the papers nearest in meaning to one paper, or to several together."""
    settings = load_settings()
    answer = with_search(lambda _, search: search.similar(names, limit=limit), settings)
    if json_:
        print_json(as_json(answer))
    elif answer.results:
        show_similar(answer)
    else:
        _warn_notes(answer)


def with_search(work: "Callable[[Store, Search], Awaitable[T]]", settings: Settings) -> T:
    """Runs `work` on the opened store and its search, whose index knows all that the store does.

    While an index is built, a bar shows how far it is.
    """
    from bot.cli.running import surroundings
    from bot.logs import configure_logs
    from bot.wiring import open_search, open_store

    configure_logs("error", settings.log_format)  # what a person should know stands in the answer's notes

    async def inner() -> T:
        async with open_store(settings) as store, open_search(settings, store, surroundings()) as search:
            await caught_up(search.index)
            return await work(store, search)

    return run(inner())


# --- for people ----------------------------------------------------------------------------------


def show(answer: "Answer", *, explain: bool = False, console: "Console | None" = None) -> None:
    """Prints an answer that has results: on `console`, or where standard output leads."""
    from bot.search.answer import Tier
    from bot.search.query import format_query

    _say(_heading(answer), strong=True, console=console)
    if explain:
        _say(f"Read as: {format_query(answer.query) or 'everything'}", console=console)
    if answer.did_you_mean is not None:
        _say(f"Did you mean {answer.did_you_mean}?", console=console)
    for note in answer.notes:
        _say(note, console=console)
    close = False
    for number, result in enumerate(answer.results, answer.start + 1):
        if result.tier is Tier.CLOSE and not close:
            close = True
            paragraph(console=console)
            _say(CLOSE, strong=True, console=console)
        _show_result(number, result, explain=explain, console=console)


def show_more(
    answer: "Answer", before: "Answer", *, explain: bool = False, console: "Console | None" = None
) -> None:
    """Prints what an answer has that the one before it lacks: the findings of an upstream."""
    shown = {result.paper.id for result in before.results}
    for note in answer.notes[len(before.notes) :]:
        paragraph(console=console)
        _say(note, console=console)
    found = [result for result in answer.results if result.paper.id not in shown]
    if found:
        paragraph(console=console)
        _say(f"Also found by {found[0].found_by[0].label}:", strong=True, console=console)
    for number, result in enumerate(found, len(shown) + 1):
        _show_result(number, result, explain=explain, console=console)


def show_similar(answer: "Answer", console: "Console | None" = None) -> None:
    """Prints papers that are near others in meaning; there is at least one."""
    _say("Nearest in meaning", strong=True, console=console)
    for note in answer.notes:
        _say(note, console=console)
    for number, result in enumerate(answer.results, 1):
        _show_result(number, replace(result, why=""), explain=False, console=console)


def warn_of_nothing(answer: "Answer", stored: int, *, later: bool = False) -> None:
    """Says beside the output that nothing was found, and what may help; `stored` counts all papers."""
    if later:
        warn("There are no more papers.")
    elif answer.notes and _names_papers(answer.query):
        pass  # the notes say what became of each
    elif not stored:
        warn("Nothing was fetched yet. `paperboy run` or `paperboy ingest` fetches the day's papers.")
    elif answer.did_you_mean is not None:
        warn(f"Nothing was found. Did you mean {answer.did_you_mean}?")
    else:
        known = counted(stored, "stored paper")
        warn(f"Nothing was found among {known}. Fewer words, or fewer conditions, find more.")
    _warn_notes(answer)


def _names_papers(query: "Query") -> bool:
    """Whether the query is of ids alone."""
    from bot.search.query import And, Field, FieldName, Or

    parts = query.parts if isinstance(query, And | Or) else (query,)
    return bool(parts) and all(isinstance(one, Field) and one.name is FieldName.ID for one in parts)


def _warn_notes(answer: "Answer") -> None:
    for note in answer.notes:
        warn(note)


def _heading(answer: "Answer") -> str:
    from bot.search.answer import Tier

    # The index counts its own; an upstream may have brought more.
    matching = max(answer.total, sum(result.tier is not Tier.CLOSE for result in answer.results))
    if not matching:
        return "No paper has every word."
    return f"{counted(matching, 'paper')} {'matches' if matching == 1 else 'match'}"


def _say(text: str, *, strong: bool = False, console: "Console | None") -> None:
    paragraph(Span(text, strong=strong, emphasis=not strong), console=console)


def _show_result(number: int, result: "Result", *, explain: bool, console: "Console | None") -> None:
    paper = result.paper
    first = f"{number:>3}. "
    indent = " " * len(first)
    paragraph(console=console)
    title = Span(paper.title, paper.url)
    paragraph(*marked(title, result.title_marks), first=first, console=console)
    paragraph(*_facts(result), first=indent, console=console)
    if result.excerpt.text:
        paragraph(*_excerpt(result.excerpt), first=indent, console=console)
    if result.why:
        paragraph(Span(result.why, emphasis=True), first=indent, console=console)
    if explain:
        paragraph(Span(_score(result), emphasis=True), first=indent, console=console)


def _excerpt(excerpt: "Excerpt") -> Iterator[Span]:
    if excerpt.cut_before:
        yield Span(f"{ELLIPSIS} ", emphasis=True)
    yield from marked(Span(excerpt.text, emphasis=True), excerpt.marks)
    if excerpt.cut_after:
        yield Span(f" {ELLIPSIS}", emphasis=True)


def _facts(result: "Result") -> list[Span]:
    """Who wrote it, when, how many like it, who found it, and where it is read."""
    paper = result.paper
    upvotes = result.signals.get(Signal.UPVOTES)
    facts = [
        Span(short_authors(paper.authors)),
        Span("" if paper.published_at is None else _day(paper.published_at)),
        Span("" if upvotes is None else counted(upvotes, "upvote")),
        Span(" and ".join(f"found by {one.label}" for one in result.found_by)),
        Span(paper.url or paper.key, paper.url),
    ]
    return [part for fact in facts if fact.text for part in (Span(" · "), fact)][1:]


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


def _score(result: "Result") -> str:
    """`Score 0.912: words 0.500, meaning 0.412`."""
    parts = ", ".join(f"{name} {value:.3f}" for name, value in result.parts.items())
    return f"Score {result.score:.3f}{': ' if parts else ''}{parts}"


def _next_page(text: str, limit: int, more: str) -> str:
    """The command that shows the next page, as a shell takes it."""
    size = "" if limit == _USUAL else f" -n {limit}"
    # Behind "--" a query that begins with a dash is no option.
    return f"paperboy search{size} --page {shlex.quote(more)} -- {shlex.quote(text)}"


# --- for programs --------------------------------------------------------------------------------


def as_json(answer: "Answer") -> dict[str, Any]:
    """An answer for programs; a stable form."""
    from bot.search.query import format_query

    return {
        "query": format_query(answer.query),
        "total": answer.total,
        "results": [_result_json(result) for result in answer.results],
        "more": answer.more,
        "did_you_mean": answer.did_you_mean,
        "notes": list(answer.notes),
    }


def _result_json(result: "Result") -> dict[str, Any]:
    paper = result.paper
    return {
        "id": paper.key,
        "title": paper.title,
        "authors": list(paper.authors),
        "published_at": paper.published_at,
        "url": paper.url,
        "tier": result.tier.value,
        "score": result.score,
        "parts": dict(result.parts),
        "upvotes": result.signals.get(Signal.UPVOTES),
        "excerpt": result.excerpt.text,
        "why": result.why,
        "found_by": [upstream.value for upstream in result.found_by],
    }
