"""A list of papers as a file: BibTeX for LaTeX, RIS and CSL-JSON for Zotero, CSV for spreadsheets.

Pure. What upstreams wrote is escaped for each format, so that a brace, a percent sign or a line break in a
title never breaks a file, and a cell never becomes a formula.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bot.model import IdScheme, Paper


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file."""

    name: str  # for people
    ending: str
    media_type: str
    write: Callable[[Sequence[Paper]], str]


# --- names and dates -----------------------------------------------------------------------------


class _Name(NamedTuple):
    """An author's, as programs sort it. What is no one person's name (a team's) is all family name."""

    family: str
    given: str = ""
    suffix: str = ""  # only of who has a given name


_SUFFIX: Final = r"(?:[Jj]r|[Ss]r)\.?|II|III|IV"
_WITH_SUFFIX: Final = re.compile(rf"(?P<before>.+?)(?:,\s*|\s+)(?P<suffix>{_SUFFIX})")


def _names(paper: Paper) -> list[_Name]:
    """Of the authors, but of those whose name has no letter in it."""
    return [_name(_line(name)) for name in paper.authors if any(map(str.isalnum, name))]


def _name(name: str) -> _Name:
    """Its parts; small words in front of a family name belong to it (van der Berg), and a suffix is a part of
    its own wherever it stands: `Sammy Davis, Jr.`, `Davis Jr., Sammy`, `Davis, Jr., Sammy`.
    """
    if re.search(r"\band\b", name, re.IGNORECASE):
        return _Name(name)
    rest, suffix = _without_suffix(name)
    family, comma, given = (part.strip() for part in rest.partition(","))
    if comma and not suffix:
        family, suffix = _without_suffix(family)
        if not suffix and (middle := re.fullmatch(rf"({_SUFFIX}),\s*(.+)", given)):
            suffix, given = middle[1], middle[2]
    if not comma:
        words = rest.split()
        first = len(words) - 1
        while first > 1 and words[first - 1].islower():
            first -= 1
        family, given = " ".join(words[first:]), " ".join(words[:first])
    if not family or not given or "," in given:
        return _Name(name)
    return _Name(family, given, suffix)


def _without_suffix(name: str) -> tuple[str, str]:
    """A name, and the suffix at its end; empty if it has none."""
    found = _WITH_SUFFIX.fullmatch(name)
    return (found["before"], found["suffix"]) if found else (name, "")


def _year(paper: Paper) -> str:
    return "" if paper.published_at is None else f"{paper.published_at.year}"


def _doi(paper: Paper) -> str:
    return next((one.value for one in paper.ids if one.scheme is IdScheme.DOI), "")


def _line(text: str) -> str:
    return " ".join(text.split())


# --- BibTeX --------------------------------------------------------------------------------------

# BibTeX counts braces even behind a backslash, so that none may stand alone.
_LATEX: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
_GREEK_NAME: Final = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (FINAL )?([A-Z]+)")
_OWN_CAPITALS: Final = frozenset(
    {"Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"}
)
_LOOKALIKES: Final = {
    "Alpha": "A",
    "Beta": "B",
    "Epsilon": "E",
    "Zeta": "Z",
    "Eta": "H",
    "Iota": "I",
    "Kappa": "K",
    "Mu": "M",
    "Nu": "N",
    "Omicron": "O",
    "Rho": "P",
    "Tau": "T",
    "Chi": "X",
    "omicron": "o",
}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SMALL_WORDS: Final = frozenset(
    {"a", "an", "and", "are", "as", "at", "for", "from", "in", "is", "of", "on", "the", "to"}
)


def latex(text: str) -> str:
    """The text as LaTeX prints it; white space, line breaks included, becomes one blank."""
    return "".join(_LATEX.get(char) or _greek(char) for char in _line(text) if char.isprintable())


def _greek(char: str) -> str:
    """A Greek letter as LaTeX knows it without another font; every other character as it is."""
    found = _GREEK_NAME.fullmatch(unicodedata.name(char, ""))
    if found is None:
        return char
    name = found[3].lower().replace("lamda", "lambda")
    name = f"var{name}" if found[2] else name.capitalize() if found[1] == "CAPITAL" else name
    if name in _LOOKALIKES:
        return _LOOKALIKES[name]
    return rf"\ensuremath{{\{name}}}" if name.islower() or name in _OWN_CAPITALS else char


def bibtex(papers: Sequence[Paper]) -> str:
    """One `@misc` a paper, in UTF-8; arXiv's ids as `eprint`."""
    keys: set[str] = set()
    return "\n".join(_entry(paper, _key(paper, keys)) for paper in papers)


def _entry(paper: Paper, key: str) -> str:
    at = paper.published_at
    fields = {
        "title": f"{{{latex(paper.title)}}}",  # braces of its own keep its capitals
        "author": " and ".join(map(_bibtex_name, _names(paper))),
        "year": _year(paper),
        "eprint": paper.arxiv_id or "",
        "archivePrefix": "arXiv" if paper.arxiv_id else "",
        "primaryClass": paper.categories[0] if paper.arxiv_id and paper.categories else "",
        "doi": re.sub(r"[\s{}\\]", "", _doi(paper)),
        "url": re.sub(r"[\s{}\\]", lambda found: f"%{ord(found[0]):02X}", paper.url or ""),
        "note": latex(paper.journal_ref or ""),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    if at is not None:
        lines.append(f"  month = {_MONTHS[at.month - 1]}")
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}\n"


def _bibtex_name(name: _Name) -> str:
    """`Family, Jr., Given`, or in braces what has one part, so that BibTeX does not take it apart."""
    if not name.given:
        return f"{{{latex(name.family)}}}"
    return ", ".join(latex(part) for part in (name.family, name.suffix, name.given) if part)


def _key(paper: Paper, taken: set[str]) -> str:
    """`vaswani2017attention`, with a number behind it if that is taken already."""
    family = next((_ascii(name.family) for name in _names(paper)), "")
    words = (_ascii(word) for word in paper.title.split())
    word = next((one for one in words if one and one not in _SMALL_WORDS), "")
    base = f"{family}{_year(paper)}{word}" or "paper"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}-{number}"
    taken.add(key)
    return key


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())


# --- RIS -----------------------------------------------------------------------------------------


def ris(papers: Sequence[Paper]) -> str:
    """One record a paper, of the type that Zotero gives preprints."""
    return "".join(f"{tag}  - {value}\r\n" for paper in papers for tag, value in _tags(paper))


def _tags(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "TY", "UNPB"
    yield "TI", _line(paper.title)
    for name in _names(paper):
        yield "AU", ", ".join(filter(None, name))
    if paper.published_at is not None:
        yield "PY", _year(paper)
        yield "DA", f"{paper.published_at:%Y/%m/%d}"
    one_each = {
        "AB": _line(paper.abstract),
        "DO": _doi(paper),
        "UR": paper.url or "",
        "PB": "arXiv" if paper.arxiv_id else "",
        "AN": f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else "",
        "N1": _line(paper.journal_ref or ""),
    }
    yield from ((tag, value) for tag, value in one_each.items() if value)
    for category in paper.categories or ():
        yield "KW", category
    yield "ER", ""


# --- CSL-JSON ------------------------------------------------------------------------------------


def csl_json(papers: Sequence[Paper]) -> str:
    """An array of CSL items, the form that Zotero, Pandoc and citation processors read."""
    return json.dumps([_item(paper) for paper in papers], indent=2, ensure_ascii=False) + "\n"


def _item(paper: Paper) -> Mapping[str, Any]:
    at = paper.published_at
    item: dict[str, Any] = {
        "id": paper.key,
        "type": "article",
        "title": _line(paper.title),
        "author": [_csl_name(name) for name in _names(paper)],
        "issued": {"date-parts": [[at.year, at.month, at.day]]} if at is not None else None,
        "abstract": _line(paper.abstract),
        "DOI": _doi(paper),
        "URL": paper.url,
        "publisher": "arXiv" if paper.arxiv_id else "",
        "number": f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else "",
        "note": _line(paper.journal_ref or ""),
    }
    return {name: value for name, value in item.items() if value}


def _csl_name(name: _Name) -> dict[str, str]:
    if not name.given:
        return {"literal": name.family}
    return {part: value for part, value in name._asdict().items() if value}


# --- CSV -----------------------------------------------------------------------------------------

_COLUMNS: Final = ("id", "title", "authors", "published", "categories", "url", "code", "abstract")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_table(papers: Sequence[Paper]) -> str:
    """A header and one row a paper (RFC 4180); a cell that looks like a formula has a ' before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for paper in papers:
        cells = (
            paper.key,
            paper.title,
            "; ".join(name for name in paper.authors if name.strip()),
            "" if paper.published_at is None else f"{paper.published_at:%Y-%m-%d}",
            " ".join(paper.categories or ()),
            paper.url or "",
            paper.code_url or "",
            paper.abstract,
        )
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in map(_line, cells)])
    return out.getvalue()


FORMATS: Final = {
    "bibtex": Format("BibTeX", "bib", "application/x-bibtex", bibtex),
    "ris": Format("RIS", "ris", "application/x-research-info-systems", ris),
    "csv": Format("CSV", "csv", "text/csv", csv_table),
    "json": Format("CSL-JSON", "json", "application/json", csl_json),
}
