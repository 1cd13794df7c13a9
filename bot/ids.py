"""Papers' identifiers and links as people and upstreams write them. Pure; never raises."""

import re
from typing import Final

from bot.model import IdScheme, PaperId

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

# A registrant's prefix of four digits or more, then signs of ASCII, no double quote (doi.org handbook, 2.2).
_DOI: Final = re.compile(
    r"(?:(?:https?://)?(?:(?:dx|www)\.)?doi\.org/|doi:\s*)?(?P<doi>10\.\d{4,9}/[!#-~]*[a-z\d)])/?",
    re.IGNORECASE | re.ASCII,
)
_LOCAL: Final = re.compile(r"local:(?P<digest>[\da-f]{16})", re.IGNORECASE | re.ASCII)


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


def paper_id_of(text: str) -> PaperId | None:
    """The paper that an id or a link names, whoever gave the id; the text must be nothing but that.

    arXiv's ids as `arxiv_id_of` takes them, DOIs (`10.1145/3292500`, `doi:…`, links to doi.org; in lower
    case, for their case does not count), and ids of our own (`local:` and 16 hexadecimal digits).
    """
    arxiv = arxiv_id_of(text)
    if arxiv is not None:
        return PaperId(IdScheme.ARXIV, arxiv[0])
    text = text.strip()
    if match := _DOI.fullmatch(text):
        return PaperId(IdScheme.DOI, match["doi"].lower())
    if match := _LOCAL.fullmatch(text):
        return PaperId(IdScheme.LOCAL, match["digest"].lower())
    return None


def canonical(paper: PaperId) -> PaperId:
    """The id as papers are kept under it: without a version, and arXiv's own DOIs as arXiv's ids."""
    return paper_id_of(str(paper) if paper.scheme is IdScheme.LOCAL else paper.value) or paper


_AROUND: Final = "()[]{}<>\"'`*_~\u201c\u201d\u2018\u2019,;:.!?\u2026"


def ids_in(text: str) -> list[PaperId]:
    """Every paper that running text names by an arXiv id, a DOI or a link, in order, each once."""
    return list(dict.fromkeys(named for word in text.split() if (named := named_by(word)) is not None))


def named_by(word: str) -> PaperId | None:
    """The paper that a word of running text names.

    Punctuation of the sentence around a name is no part of it, nor are the marks of chats' markup.
    """
    return paper_id_of(word) or paper_id_of(word.strip(_AROUND))
