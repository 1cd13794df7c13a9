"""GitHub: the stars of papers' repositories (docs.github.com/rest/repos/repos, "Get a repository").

A repository is asked for with the ETag of the answer before, so that an unchanged one costs GitHub
nothing, and one without limit if there is a token. It follows renames, and does not ask for a week after
one that is gone.
"""

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.errors import GarbledError, UpstreamRefusedError
from bot.model import PaperId, PaperReading, Poll, Signal, Upstream
from bot.ports import SourceStore
from bot.sources.http import BudgetRule, HttpClient, Reply
from bot.sources.ids import github_repo_of
from bot.sources.signals import Told, count_of, in_batches, json_object

STARS: Final = "stars"

_HOUR: Final = timedelta(hours=1)
_SECOND: Final = timedelta(seconds=1)
# docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
ANONYMOUS_BUDGET: Final = BudgetRule("github", interval=_SECOND, window=_HOUR, limit=60)
TOKEN_BUDGET: Final = BudgetRule("github", interval=_SECOND, window=_HOUR, limit=5_000)

_GONE: Final = frozenset({404, 410, 451})  # deleted or private; gone for good; blocked by law
_GONE_FOR: Final = timedelta(days=7)
_REPOSITORY: Final = re.compile(r"[A-Za-z\d](?:[A-Za-z\d-]{0,38})/[\w.-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Repository:
    name: str  # owner/name, as someone wrote it
    papers: tuple[PaperId, ...]  # sorted

    @property
    def etag_key(self) -> str:
        return f"github:etag:{self.name.lower()}"  # GitHub ignores the case

    @property
    def gone_key(self) -> str:
        return f"github:gone:{self.name.lower()}"


class GitHubSource:
    """Reads stars. `token` raises the budget from 60 to 5,000 requests an hour; it goes to `api_url` alone.

    Give it a client with little patience (a minute): one that is out of budget should stop, not wait.
    """

    def __init__(self, client: HttpClient, api_url: str, token: str | None, notes: SourceStore) -> None:
        self._client = client
        self._api_url = api_url.rstrip("/")
        self._notes = notes
        self._budget = TOKEN_BUDGET if token else ANONYMOUS_BUDGET
        self._headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    @property
    def upstream(self) -> Upstream:
        return Upstream.GITHUB

    async def stars(self, repositories: Sequence[tuple[PaperId, str]]) -> AsyncGenerator[Poll, None]:
        """Asks for the stars of these papers' repositories, given by a link or as `owner/name`.

        Polls of subject `stars`, of up to twenty repositories each; their readings have no title. What is
        no repository at GitHub is left out. Out of budget, the last poll is PARTIAL.
        """
        now = self._client.now()
        asked = [one for one in _repositories(repositories) if not await self._is_gone(one, now)]
        async with aclosing(
            in_batches(Upstream.GITHUB, STARS, asked, self._ask, self._client.now)
        ) as batches:
            async for poll, told in batches:
                yield poll
                # Only here are the readings stored: an ETag kept before could hide them for ever.
                for key, value in (one.note for one in told if one.note is not None):
                    await self._notes.set_note(key, value)

    async def _ask(self, repository: _Repository) -> Told:
        etag = _etag_for(repository, await self._notes.note(repository.etag_key))
        try:
            reply = await self._client.get(
                Upstream.GITHUB,
                f"{self._api_url}/repos/{repository.name}",
                budget=self._budget,
                headers=self._headers,
                etag=etag,
            )
        except UpstreamRefusedError as error:
            if error.status not in _GONE:
                raise
            now = self._client.now()
            await self._notes.set_note(repository.gone_key, (now + _GONE_FOR).isoformat())
            return Told(now)
        spent = reply.headers.get("X-RateLimit-Remaining", "").strip() == "0"
        if reply.status == 304:
            return Told(reply.observed_at, unchanged=True, spent=spent)
        signals = {Signal.STARS: _stars(reply)}
        readings = tuple(PaperReading(ids=(paper,), title="", signals=signals) for paper in repository.papers)
        return Told(reply.observed_at, readings, spent=spent, note=_note(repository, reply))

    async def _is_gone(self, repository: _Repository, now: datetime) -> bool:
        until = await self._notes.note(repository.gone_key)
        return until is not None and now < datetime.fromisoformat(until)


def _repositories(named: Sequence[tuple[PaperId, str]]) -> list[_Repository]:
    """Each repository once, with every paper that names it."""
    papers: dict[str, tuple[str, set[PaperId]]] = {}
    for paper, text in named:
        name = text if _REPOSITORY.fullmatch(text) else github_repo_of(text)
        if name is not None:
            papers.setdefault(name.lower(), (name, set()))[1].add(paper)
    return [_Repository(name, tuple(sorted(ids))) for name, ids in papers.values()]


def _stars(reply: Reply) -> int:
    stars = count_of(json_object(Upstream.GITHUB, reply.body).get("stargazers_count"))
    if stars is None:
        raise GarbledError(Upstream.GITHUB.label, "described a repository without its number of stars.")
    return stars


# --- the note of an ETag -------------------------------------------------------------------------


def _note(repository: _Repository, reply: Reply) -> tuple[str, str] | None:
    """What to keep of an answer: its ETag, and which papers were told."""
    if reply.etag is None:
        return None
    told = {"etag": reply.etag, "papers": [str(paper) for paper in repository.papers]}
    return repository.etag_key, json.dumps(told)


def _etag_for(repository: _Repository, note: str | None) -> str | None:
    """The ETag to ask with; `None` if a paper that names the repository was never told its stars."""
    if note is None:
        return None
    told: Mapping[str, object] = json.loads(note)
    etag, papers = told["etag"], told["papers"]
    known = isinstance(papers, list) and {str(paper) for paper in repository.papers} <= set(papers)
    return etag if known and isinstance(etag, str) else None
