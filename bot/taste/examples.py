"""Papers that somebody names to teach with: links and ids, or a list as BibTeX, RIS, CSL-JSON or CSV. Pure.

Zotero and its like export all of these. What a list has beside ids and titles is not looked at.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.errors import InputError
from bot.ids import ids_in, named_by
from bot.model import IdScheme, PaperId
from bot.sources.text import clean_title

LONGEST: Final = 5_000_000  # characters: a library of some thousand papers

_Entry = Mapping[str, object]

_BIBTEX: Final = re.compile(r"^[ \t]*@\w+\s*[{(]", re.MULTILINE)
_BIBTEX_ENTRY: Final = re.compile(  # where one begins: on a line of its own, or behind another
    r"(?:^|(?<=[})]))[ \t]*(?=@(?!(?:comment|preamble|string)\b)\w+\s*[{(][^\s,{}()]*\s*,)",
    re.MULTILINE | re.IGNORECASE,
)
_RIS: Final = re.compile(r"^[ \t]*TY {2}- ", re.MULTILINE)
_RIS_ENTRY: Final = re.compile(r"^(?=TY {2}- )", re.MULTILINE)
_TITLES: Final = ("title", "primary_title", "Title")
# Where ids stand, the surest first; the last ones hold "arXiv:1706.03762" in so many words.
_WITH_IDS: Final = (
    *("doi", "DOI", "eprint", "url", "URL", "Url", "urls", "number", "publication_number", "journal"),
    *("note", "notes", "notes_abstract", "Extra", "howpublished", "container-title", "publisher"),
)


@dataclass(frozen=True, slots=True)
class Example:
    """One paper as somebody named it: by ids, by its title, or by both."""

    ids: tuple[PaperId, ...]  # of this one paper, the surest first
    title: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names, and what of it names nothing."""

    examples: tuple[Example, ...]  # each once, in their order
    words: tuple[str, ...] = ()  # of running text: neither ids nor links
    unread: int = 0  # entries of a list that are not whole, or have neither an id nor a title


def read_examples(text: str) -> Named:
    """The papers that a text names. Raises `InputError` if it names none."""
    if len(text) > LONGEST:
        raise InputError(f"That is longer than {LONGEST:,} characters. Give a part of it.")
    found = _named(text)
    if not found.examples:
        raise InputError(
            "That names no paper. Give links or ids such as 1706.03762, or a list as BibTeX, RIS, CSL-JSON "
            "or CSV."
        )
    return found


def _named(text: str) -> Named:
    for looks_so, name, entries in _LISTS:
        if looks_so(text):
            try:
                found = [_example(entry) for entry in entries(text)]
            except (ValueError, LookupError, OSError, RecursionError, csv.Error) as error:
                raise InputError(f"That looks like {name}, but cannot be read as such.") from error
            read = [one for one in found if one.ids or one.title]
            return Named(tuple(dict.fromkeys(read)), unread=len(found) - len(read))
    words = {word: named_by(word) for word in text.split()}
    examples = dict.fromkeys(Example((one,)) for one in words.values() if one is not None)
    others = (word for word, one in words.items() if one is None and any(map(str.isalnum, word)))
    return Named(tuple(examples), words=tuple(others))


def _example(entry: _Entry) -> Example:
    title = next((text for key in _TITLES for text in _texts(entry.get(key))), "")
    named = (one for key in _WITH_IDS for text in _texts(entry.get(key)) for one in ids_in(text))
    ids = dict.fromkeys(one for one in named if one.scheme is not IdScheme.LOCAL)
    return Example(tuple(ids), clean_title(title))


def _texts(value: object) -> Iterator[str]:
    """The texts in a value, which may be a list of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))


# --- formats -------------------------------------------------------------------------------------

# Each gives the entries of a list in their order, an empty one for each that cannot be read.


def _bibtex(text: str) -> Iterable[_Entry]:
    from bibtexparser.latexenc import latex_to_unicode  # noqa: PLC0415 - as below

    before, *begun = _BIBTEX_ENTRY.split(text)
    entries = _parsed([text])
    if len(entries) < len(begun):  # one that is not whole swallows what comes next: each by itself does not
        entries = max(entries, _parsed([before, *begun]), key=len)
    for entry in entries:
        title = latex_to_unicode(str(entry.get("title", "")))
        yield {**entry, "title": title.replace("{", "").replace("}", "")}
    yield from [{}] * (len(begun) - len(entries))


def _parsed(pieces: Iterable[str]) -> list[dict[str, str]]:
    """The entries of BibTeX that is read piece by piece, with the abbreviations that it defines."""
    from bibtexparser.bparser import BibTexParser  # noqa: PLC0415 - takes a tenth of a second, for what few use

    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
    parser.expect_multiple_parse = True
    for piece in pieces:
        parser.parse(piece)
    entries: list[dict[str, str]] = parser.bib_database.entries
    return entries


def _ris(text: str) -> Iterable[_Entry]:
    import rispy  # noqa: PLC0415 - as above

    lines = "\n".join(line.lstrip() for line in text.splitlines())
    # An end that is missing would take what comes next for a part of the entry; a second end is passed over.
    for entry in _RIS_ENTRY.split(lines)[1:]:
        found: list[dict[str, Any]] = rispy.loads(f"{entry}\nER  - ", skip_unknown_tags=True)
        yield from found


def _csl_json(text: str) -> Iterable[_Entry]:
    value = json.loads(text)
    rows = value if isinstance(value, list) else [value]
    return [one if isinstance(one, dict) else {} for one in rows]


def _csv(text: str) -> Iterable[_Entry]:
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    return (row for row in rows if any(row.values()))  # spreadsheets write empty ones


def _has_header(text: str) -> bool:
    names = {name.strip(' "').lower() for name in text.lstrip("\ufeff").partition("\n")[0].split(",")}
    return len(names) > 1 and "title" in names


_LISTS: Final[tuple[tuple[Callable[[str], object], str, Callable[[str], Iterable[_Entry]]], ...]] = (
    (_BIBTEX.search, "BibTeX", _bibtex),
    (_RIS.search, "RIS", _ris),
    (lambda text: text.lstrip()[:1] in {"[", "{"}, "CSL-JSON", _csl_json),
    (_has_header, "CSV", _csv),
)

__all__ = ["Example", "Named", "read_examples"]
