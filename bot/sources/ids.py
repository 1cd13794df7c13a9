"""Identifiers and links that people and upstreams write, told apart. Pure; never raises."""

import re
from typing import Final

from bot.sources.text import clean_link

# arXiv's identifiers: YYMM.number since April 2007 (four digits until 2014, five after), before that
# archive/YYMMnumber. An old archive may carry a subject class (math.GT/0309136), which is no part of the id.
_NEW_ID: Final = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD_ID: Final = r"[a-z]+(?:-[a-z]+)?(?:\.[a-z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_VERSION: Final = r"(?:v(?P<version>[1-9]\d{0,3}))?"
_ARXIV_ID: Final = rf"(?P<id>{_NEW_ID}|{_OLD_ID}){_VERSION}"

_BARE: Final = re.compile(
    rf"(?:arxiv:\s*|oai:arxiv\.org:|(?:doi:)?10\.48550/arxiv\.)?{_ARXIV_ID}", re.IGNORECASE | re.ASCII
)
_LINK: Final = re.compile(
    r"(?:https?://)?(?:"
    r"(?:(?:www|export|browse)\.)?arxiv\.org/(?:abs|pdf|html|format|ps|e-print|src)"
    r"|(?:www\.)?(?:huggingface\.co|hf\.co)/papers"
    r"|(?:www\.)?alphaxiv\.org/(?:abs|pdf|overview|html)"
    r"|(?:dx\.)?doi\.org/10\.48550/arxiv(?=\.)"
    rf")[/.]{_ARXIV_ID}(?:\.pdf)?/?(?:[?#]\S*)?",
    re.IGNORECASE | re.ASCII,
)

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


def arxiv_id_of(text: str) -> tuple[str, int | None] | None:
    """The arXiv id, without its version, and the version if one was named; `None` for anything else.

    Takes an id as people write it (`2508.13426v2`, `arXiv:2508.13426`, `quant-ph/0201082`,
    `10.48550/arXiv.2508.13426`) and links to arXiv, Hugging Face Papers and alphaXiv; the text must be
    nothing but that. The id comes in arXiv's canonical form: lower case, without an old subject class.
    """
    text = text.strip()
    match = _BARE.fullmatch(text) or _LINK.fullmatch(text)
    if match is None:
        return None
    archive, slash, number = match["id"].lower().rpartition("/")
    version = match["version"]
    return f"{archive.partition('.')[0]}{slash}{number}", int(version) if version else None


def github_repo_of(url: str) -> str | None:
    """The `owner/name` of a GitHub repository's link, whatever stands behind it, or `None`.

    The letters' case stays: GitHub ignores it, and people know the name as written.
    """
    url = re.sub(r"\s+", "", url)
    match = _REPOSITORY.fullmatch(url if url.startswith("git@") else clean_link(url) or "")
    if match is None or match["owner"].lower() in _RESERVED or not match["name"].strip("."):
        return None
    return f"{match['owner']}/{match['name']}"
