"""Names of code repositories, as people and upstreams write them. Pure; never raises."""

import re
from typing import Final

from bot.sources.text import clean_link

_REPOSITORY: Final = re.compile(
    r"(?:(?:https?://)?(?:www\.)?github\.com/+|git@github\.com:)"
    r"(?P<owner>[a-z\d](?:[a-z\d-]{0,38}))/+(?P<name>[\w.-]{1,100}?)(?:\.git)?(?:[/?#].*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
# The first part of an address at github.com that is never a user or an organisation.
_RESERVED: Final = frozenset(
    [
        *("about", "apps", "collections", "customer-stories", "enterprise", "events", "explore", "features"),
        *("issues", "login", "marketplace", "new", "notifications", "orgs", "pricing", "pulls", "search"),
        *("settings", "signup", "site", "sponsors", "stars", "topics", "trending", "users"),
    ]
)


# A link as it stands in running text: what closes a sentence or a parenthesis behind it is none of it.
_IN_TEXT: Final = re.compile(
    r"(?:https?://)?(?<![\w.-])(?:www\.)?github\.com/[\w./%~#?=-]*[\w/]", re.IGNORECASE | re.ASCII
)


def code_link_in(abstract: str) -> str | None:
    """The link to the GitHub repository that the text names, or `None` if it names none, or several.

    Of several, nobody can tell which is the paper's own.
    """
    if "github.com/" not in abstract.lower():
        return None
    named = [(repo.lower(), link) for link in _IN_TEXT.findall(abstract) if (repo := github_repo_of(link))]
    return clean_link(named[0][1]) if len({repo for repo, _ in named}) == 1 else None


def github_repo_of(url: str) -> str | None:
    """The `owner/name` of a GitHub repository's link, whatever stands behind it, or `None`.

    The letters' case stays: GitHub ignores it, and people know the name as written.
    """
    url = re.sub(r"\s+", "", url)
    match = _REPOSITORY.fullmatch(url if url.startswith("git@") else clean_link(url) or "")
    if match is None or match["owner"].lower() in _RESERVED or not match["name"].strip("."):
        return None
    return f"{match['owner']}/{match['name']}"
