"""arXiv on loopback: the query API over a table of papers, recorded answers, and the new listings."""

import asyncio
import gzip
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

from tests.servers.faults import StandIn, utc_now

_SPACING: Final = timedelta(seconds=3)
_JITTER: Final = timedelta(milliseconds=100)  # between a real client's clock and ours
_LISTING_CAP: Final = 2_000
_ID: Final = re.compile(r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v(?P<version>[1-9]\d*))?")
_CATEGORY: Final = re.compile(r"[a-z-]+(\.[A-Za-z-]+)?")
_PARAMETERS: Final = {"search_query", "id_list", "start", "max_results", "sortBy", "sortOrder"}
_ORDERS: Final = {
    "sortBy": ("relevance", "lastUpdatedDate", "submittedDate"),
    "sortOrder": ("descending", "ascending"),
}
# Of the query language: words behind a prefix, and the operators between them.
_CLAUSE: Final = re.compile(r"(ti|au|abs|co|jr|cat|rn|all):([^\W_]+)")
_OPERATORS: Final = ("AND", "OR", "ANDNOT")
_XML: Final = "application/atom+xml; charset=utf-8"
_NAMESPACES: Final = (
    'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://www.w3.org/2005/Atom"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivPaper:
    """One paper as arXiv has it."""

    id: str
    title: str
    abstract: str = "What it says."
    authors: Sequence[str] = ("Ada Lovelace",)
    categories: Sequence[str] = ("cs.LG",)  # the primary one first
    published: datetime = datetime(2025, 11, 19, 18, tzinfo=UTC)
    updated: datetime = datetime(2025, 11, 19, 18, tzinfo=UTC)
    version: int = 1
    comment: str | None = None
    journal_ref: str | None = None
    doi: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded answer of the query API."""

    url: str
    status: int
    body: bytes

    @property
    def question(self) -> tuple[str, str, int, int]:
        return _question(dict(parse_qsl(urlsplit(self.url).query)))


def recorded_answers(folder: Path) -> list[Recorded]:
    """The recordings in a folder of `{url, status_code, body}`."""
    bodies = (json.loads(path.read_text()) for path in sorted(folder.glob("*.json")))
    return [Recorded(body["url"], body["status_code"], body["body"].encode()) for body in bodies]


def recorded_papers(file: Path, wanted: Collection[str] | None = None) -> Iterator[ArxivPaper]:
    """The papers of a `papers.jsonl.gz`, or those wanted."""
    with gzip.open(file, "rt") as lines:
        for line in lines:
            # To take apart 57,827 lines for the sake of two takes a second.
            if wanted is not None and line.split('"', 4)[3] not in wanted:
                continue
            row = json.loads(line)
            submitted = datetime.fromisoformat(row["listed"]).replace(tzinfo=UTC) - timedelta(hours=12)
            yield ArxivPaper(
                id=row["id"],
                title=row["title"],
                abstract=row["abstract"],
                authors=row["authors"],
                categories=row["categories"],
                comment=row["comment"],
                published=submitted,
                updated=submitted,
            )


def paper_of_row(row: Mapping[str, Any], categories: Sequence[str] = ("cs.LG",)) -> ArxivPaper:
    """A paper from a row of Hugging Face's daily list, which tells no category."""
    paper = row["paper"]
    published = datetime.fromisoformat(paper["publishedAt"])
    return ArxivPaper(
        id=paper["id"],
        title=paper["title"],
        abstract=paper["summary"],
        authors=[author["name"] for author in paper["authors"]],
        categories=categories,
        published=published,
        updated=published,
    )


class ArxivServer(StandIn):
    """`/api/query` and `/atom/{categories}`.

    Every paper of `papers` is found by its id, and with `searchable` by its words, in the order given; what
    was recorded is answered as recorded. All requests together must keep three seconds and one connection;
    one that does not is a violation and gets a 429.
    """

    def __init__(
        self,
        papers: Iterable[ArxivPaper] = (),
        *,
        recorded: Iterable[Recorded] = (),
        now: Callable[[], datetime] = utc_now,
        etags: bool = False,
        searchable: bool = False,
    ) -> None:
        super().__init__(now)
        self.papers = {paper.id: paper for paper in papers}
        self._searchable = searchable
        self.refused_ids: set[str] = set()  # well-formed, and still none to arXiv
        self._recorded = {one.question: one for one in recorded}
        self._announced: list[tuple[ArxivPaper, str]] = []
        self._feeds: dict[str, bytes] = {}
        self._etags = etags
        self._under_way = 0

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/query"

    @property
    def rss_url(self) -> str:
        return f"{self.url}/atom"

    def announce(self, papers: Iterable[ArxivPaper], *, replaced: bool = False) -> None:
        """Makes these the current batch, with what is in it already; `papers` knows them from now on."""
        for paper in papers:
            self.papers[paper.id] = paper
            self._announced.append((paper, "replace" if replaced else "new"))

    def end_batch(self) -> None:
        """Nothing is announced any more, as on a weekend."""
        self._announced.clear()

    def show_feed(self, categories: str, body: bytes) -> None:
        """Answers this question for new listings with a recorded body."""
        self._feeds[categories] = body

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/query", self._politely(self._query)),
            web.get("/atom/{categories}", self._politely(self._listing)),
        ]

    # --- manners ---------------------------------------------------------------------------------

    def _politely(self, answer: Callable[[web.Request], web.Response]) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.Response:
            self._under_way += 1
            try:
                await asyncio.sleep(0)  # lets another request come while this one is under way
                return self._hurry(request) or answer(request)
            finally:
                self._under_way -= 1

        return handler

    def _hurry(self, request: web.Request) -> web.Response | None:
        starts = [asked.at for asked in self.asked[-2:]]
        problem = None
        if self._under_way > 1:
            problem = f"{request.path} over a second connection"
        elif len(starts) == 2 and starts[1] - starts[0] < _SPACING - _JITTER:
            problem = f"{request.path} only {starts[1] - starts[0]} after the request before"
        if problem is None:
            return None
        self.violations.append(problem)
        return web.Response(status=429, text="Rate exceeded.")

    # --- the query API ---------------------------------------------------------------------------

    def _query(self, request: web.Request) -> web.Response:
        query = self._described(request)
        question = _question(query)
        recorded = self._recorded.get(question)
        if recorded is not None:
            return web.Response(status=recorded.status, body=recorded.body, headers={"Content-Type": _XML})
        search, id_list, start, _ = question
        stop = start + int(query.get("max_results", "10"))
        if self._searchable and search and not id_list:
            found = [paper for paper in self.papers.values() if self._holds(paper, search)]
            return _feed_response(*map(_query_entry, found[start:stop]))
        if search or not id_list:
            raise self.refuse(f"a search that was not recorded: {search!r}")
        entries = []
        for name in id_list.split(","):
            match = _ID.fullmatch(name)
            if match is None or name in self.refused_ids:
                return _feed_response(_error_entry(f"incorrect id format for {name}"), status=400)
            if match["id"] in self.papers:
                entries.append(_query_entry(self.papers[match["id"]]))
        return _feed_response(*entries[start:stop])

    def _described(self, request: web.Request) -> dict[str, str]:
        """The parameters of a question; any that the manual does not describe is refused."""
        query = dict(request.query)
        if len(query) != len(request.query) or not set(query) <= _PARAMETERS:
            raise self.refuse(f"/api/query with {sorted(request.query)}")
        if any(not re.fullmatch("[0-9]+", query.get(name, "0")) for name in ("start", "max_results")):
            raise self.refuse("start and max_results must be numbers")
        if int(query.get("max_results", "10")) > _LISTING_CAP:
            raise self.refuse(f"max_results={query['max_results']}")
        if any(query.get(name, known[0]) not in known for name, known in _ORDERS.items()):
            raise self.refuse(f"{[query.get(name) for name in _ORDERS]} is no order")
        return query

    def _holds(self, paper: ArxivPaper, search: str) -> bool:
        """Whether the paper is found; a search that is not of words and operators in turn is refused."""
        clauses = [_CLAUSE.fullmatch(part) for part in search.split(" ")[::2]]
        operators = search.split(" ")[1::2]
        if len(operators) != len(clauses) - 1 or not set(operators) <= set(_OPERATORS):
            raise self.refuse(f"search_query={search!r}")
        holds = True
        for operator, clause in zip(("AND", *operators), clauses, strict=True):
            if clause is None:
                raise self.refuse(f"search_query={search!r}")
            here = clause[2].lower() in re.findall(r"[^\W_]+", _searched(paper, clause[1]).lower())
            holds = {"AND": holds and here, "OR": holds or here, "ANDNOT": holds and not here}[operator]
        return holds

    # --- new listings ----------------------------------------------------------------------------

    def _listing(self, request: web.Request) -> web.Response:
        if request.query:
            raise self.refuse(f"{request.path} with {sorted(request.query)}")
        # Taken from the address as sent: a "+" between two categories is no space.
        wanted = request.rel_url.raw_path.rpartition("/")[2]
        categories = wanted.split("+")
        if not all(map(_CATEGORY.fullmatch, categories)):
            raise self.refuse(f"/atom/{wanted}")
        body = self._feeds.get(wanted)
        if body is None:
            body = _feed(*self._entries(categories))
        headers = {"Content-Type": _XML}
        if self._etags:
            headers["ETag"] = f'"{sha256(body).hexdigest()[:16]}"'
            if request.headers.get("If-None-Match") == headers["ETag"]:
                return web.Response(status=304, headers=headers)
        return web.Response(body=body, headers=headers)

    def _entries(self, categories: Sequence[str]) -> list[str]:
        """The batch as those categories see it; whole archives (`cs`) take in their classes."""

        def within(category: str) -> bool:
            return any(category == one or category.startswith(f"{one}.") for one in categories)

        entries = []
        for paper, kind in self._announced:
            if not any(map(within, paper.categories)):
                continue
            own = within(paper.categories[0])
            seen_as = kind if own else {"new": "cross", "replace": "replace-cross"}[kind]
            entries.append(_listing_entry(paper, seen_as, self.now()))
        return entries[:_LISTING_CAP]


# --- writing feeds -------------------------------------------------------------------------------


def _question(query: Mapping[str, str]) -> tuple[str, str, int, int]:
    """What tells one question from another. How many are wanted does not matter where few are named."""
    id_list = query.get("id_list", "")
    limit = 0 if id_list else int(query.get("max_results", "10"))
    return query.get("search_query", ""), id_list, int(query.get("start", "0")), limit


def _searched(paper: ArxivPaper, prefix: str) -> str:
    """What a prefix of the query language looks at."""
    places = {
        "ti": paper.title,
        "au": " ".join(paper.authors),
        "abs": paper.abstract,
        "co": paper.comment or "",
        "jr": paper.journal_ref or "",
        "cat": " ".join(paper.categories),
        "rn": "",
    }
    return " ".join(places.values()) if prefix == "all" else places[prefix]


def _feed(*entries: str) -> bytes:
    head = "<id>https://arxiv.org/api/loopback</id><title>arXiv on loopback</title>"
    feed = f"<feed {_NAMESPACES}>\n{head}\n{''.join(entries)}</feed>\n"
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{feed}".encode()


def _feed_response(*entries: str, status: int = 200) -> web.Response:
    return web.Response(status=status, body=_feed(*entries), headers={"Content-Type": _XML})


def _error_entry(words: str) -> str:
    anchor = f"https://arxiv.org/api/errors#{words.replace(' ', '_')}"
    return (
        f"<entry><id>{escape(anchor)}</id><title>Error</title>"
        f'<link href={quoteattr(anchor)} rel="alternate" type="text/html"/>'
        f"<summary>{escape(words)}</summary><author><name>arXiv api core</name></author></entry>\n"
    )


def _query_entry(paper: ArxivPaper) -> str:
    name = f"{paper.id}v{paper.version}"
    authors = "".join(f"<author><name>{escape(author)}</name></author>" for author in paper.authors)
    return (
        f"<entry><id>http://arxiv.org/abs/{name}</id><title>{escape(paper.title)}</title>"
        f"<updated>{_z(paper.updated)}</updated>"
        f'<link href="https://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>'
        f"<summary>{escape(paper.abstract)}</summary>"
        + "".join(f"<category term={quoteattr(one)}/>" for one in paper.categories)
        + f"<published>{_z(paper.published)}</published>"
        + _optional("arxiv:comment", paper.comment)
        + f"<arxiv:primary_category term={quoteattr(paper.categories[0])}/>"
        + _optional("arxiv:journal_ref", paper.journal_ref)
        + _optional("arxiv:doi", paper.doi)
        + f"{authors}</entry>\n"
    )


def _listing_entry(paper: ArxivPaper, kind: str, now: datetime) -> str:
    name = f"{paper.id}v{paper.version}"
    return (
        f"<entry><id>oai:arXiv.org:{name}</id><title>{escape(paper.title)}</title>"
        f"<updated>{now.date().isoformat()}T05:00:19+00:00</updated>"
        f'<link href="https://arxiv.org/abs/{paper.id}" rel="alternate" type="text/html"/>'
        f"<summary>arXiv:{name} Announce Type: {kind} \nAbstract: {escape(paper.abstract)}</summary>"
        + "".join(f"<category term={quoteattr(one)}/>" for one in paper.categories)
        + f"<published>{now.date().isoformat()}T00:00:00-05:00</published>"
        f"<arxiv:announce_type>{kind}</arxiv:announce_type>"
        + _optional("arxiv:journal_reference", paper.journal_ref)
        + _optional("arxiv:DOI", paper.doi)
        + f"<dc:creator>{escape(', '.join(paper.authors))}</dc:creator></entry>\n"
    )


def _optional(name: str, value: str | None) -> str:
    return "" if value is None else f"<{name}>{escape(value)}</{name}>"


def _z(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
