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


def github_repo_of(url: str) -> str | None:
    """The `owner/name` of a GitHub repository's link, whatever stands behind it, or `None`.

    The letters' case stays: GitHub ignores it, and people know the name as written.
    """
    url = re.sub(r"\s+", "", url)
    match = _REPOSITORY.fullmatch(url if url.startswith("git@") else clean_link(url) or "")
    if match is None or match["owner"].lower() in _RESERVED or not match["name"].strip("."):
        return None
    return f"{match['owner']}/{match['name']}"
