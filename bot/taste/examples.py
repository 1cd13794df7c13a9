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
from bot.ids import ids_in
from bot.model import IdScheme, PaperId
from bot.sources.text import clean_title

LONGEST: Final = 5_000_000  # characters: a library of some thousand papers

_Entry = Mapping[str, object]

_BIBTEX: Final = re.compile(r"^\s*@\w+\s*[{(]", re.MULTILINE)
_RIS: Final = re.compile(r"^\s*TY {2}- ", re.MULTILINE)
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


def read_examples(text: str) -> tuple[Example, ...]:
    """The papers that a text names, each once, in its order. Raises `InputError` if it names none."""
    if len(text) > LONGEST:
        raise InputError(f"That is longer than {LONGEST:,} characters. Give a part of it.")
    found = tuple(dict.fromkeys(_examples(text)))
    if not found:
        raise InputError(
            "That names no paper. Give links or ids such as 1706.03762, or a list as BibTeX, RIS, CSL-JSON "
            "or CSV."
        )
    return found


def _examples(text: str) -> Iterator[Example]:
    for looks_so, name, entries in _LISTS:
        if looks_so(text):
            try:
                yield from (one for one in map(_example, entries(text)) if one.ids or one.title)
            except (ValueError, LookupError, OSError, RecursionError, csv.Error) as error:
                raise InputError(f"That looks like {name}, but cannot be read as such.") from error
            return
    for paper_id in ids_in(text):
        yield Example((paper_id,))


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


def _bibtex(text: str) -> Iterable[_Entry]:
    import bibtexparser  # noqa: PLC0415 - takes a tenth of a second to load, for what few use
    from bibtexparser.bparser import BibTexParser  # noqa: PLC0415 - as above
    from bibtexparser.latexenc import latex_to_unicode  # noqa: PLC0415 - as above

    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
    for entry in bibtexparser.loads(text, parser).entries:
        title = latex_to_unicode(str(entry.get("title", "")))
        yield {**entry, "title": title.replace("{", "").replace("}", "")}


def _ris(text: str) -> Iterable[_Entry]:
    import rispy  # noqa: PLC0415 - as above

    lines = "\n".join(line.lstrip() for line in text.splitlines())
    found: list[dict[str, Any]] = rispy.loads(lines, skip_unknown_tags=True)
    return found


def _csl_json(text: str) -> Iterable[_Entry]:
    value = json.loads(text)
    rows = value if isinstance(value, list) else [value]
    return [one for one in rows if isinstance(one, dict)]


def _csv(text: str) -> Iterable[_Entry]:
    return csv.DictReader(io.StringIO(text.lstrip("\ufeff")))


def _has_header(text: str) -> bool:
    names = {name.strip(' "').lower() for name in text.lstrip("\ufeff").partition("\n")[0].split(",")}
    return len(names) > 1 and "title" in names


_LISTS: Final[tuple[tuple[Callable[[str], object], str, Callable[[str], Iterable[_Entry]]], ...]] = (
    (_BIBTEX.search, "BibTeX", _bibtex),
    (_RIS.search, "RIS", _ris),
    (lambda text: text.lstrip()[:1] in {"[", "{"}, "CSL-JSON", _csl_json),
    (_has_header, "CSV", _csv),
)

__all__ = ["Example", "read_examples"]
