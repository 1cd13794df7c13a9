"""What the index holds of a paper: our own terms, made here and never by the engine.

Every text becomes the terms of `bot.search.tokens`, joined by spaces that the engine divides at again. So a
query can only ever ask for terms, and what an engine thinks of a sign does not matter.

| field | terms | positions |
|---|---|---|
| title | `START`, its parts, and its solid terms, each behind a gap | yes |
| org | parts of the organisation's name, and its solid terms, each behind a gap | yes |
| text | parts of the title, the abstract, and each keyword, a gap between any two | yes |
| keyword | parts and solid terms of the keywords | |
| solid | solid terms of title, abstract and keywords | |
| beyond | what stands in the title or a keyword, and not in the abstract | |
| author | see `author_terms` | |
| category | categories and their archives in lower case, or `UNKNOWN` | |
| has | `code`, `project` | |
| paper, change, published, upvotes | numbers; instants in milliseconds, UTC; none where nothing is known | |

One more document, with the paper number `HEAD`, keeps how far the index follows the store: it is committed
together with the papers, so that the two always agree.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import tantivy

from bot.model import IndexRow
from bot.search.names import index_names
from storage.index.memory import Memory

VERSION: Final = 1
"""Raised with every change of what stands in the index, which is then made anew."""

HEAD: Final = 0  # papers are numbered from 1
UNKNOWN: Final = "?"  # a paper's categories, where nobody has told them yet

START: Final = "^"
"""Stands before a title's first part, so that a title can be asked how it begins. No term of ours."""

_GAP: Final = " . "  # no term is a lone dot, so that no phrase reaches over it


def build_schema() -> tantivy.Schema:
    """The schema of `VERSION`."""
    builder = tantivy.SchemaBuilder()
    for name in ("title", "text", "org"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("keyword", "solid", "beyond", "author", "category", "has"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    builder.add_integer_field("paper", indexed=True, fast=True)  # the engine deletes by no unsigned number
    for name in ("change", "published", "upvotes"):
        builder.add_integer_field(name, fast=True)
    return builder.build()


def document_of(row: IndexRow, memory: Memory) -> tantivy.Document:
    """A paper as the index holds it; `memory` makes the terms of many papers in less time."""
    title, title_solids = memory.terms(row.title)
    abstract, abstract_solids = memory.terms(row.abstract)
    keywords = [memory.terms(keyword) for keyword in row.keywords]
    keyword_terms = {term for parts, more in keywords for term in (*parts.split(), *more)}
    solids = {*title_solids, *abstract_solids, *(solid for _, more in keywords for solid in more)}
    beyond = keyword_terms.union(title.split(), title_solids).difference(abstract.split(), abstract_solids)
    document = tantivy.Document()
    add = document.add_text
    add("title", _GAP.join((f"{START} {title}", *title_solids)))
    add("text", _GAP.join((title, abstract, *(parts for parts, _ in keywords))))
    if keyword_terms:
        add("keyword", " ".join(keyword_terms))
    if solids:
        add("solid", " ".join(solids))
    if beyond:
        add("beyond", " ".join(beyond))
    if row.authors:
        add("author", " ".join(author_terms(row.authors)))
    if row.organization:
        parts, more = memory.terms(row.organization)
        add("org", _GAP.join((parts, *more)))
    add("category", " ".join(_category_terms(row.categories)))
    if row.has_code:
        add("has", "code")
    if row.has_project:
        add("has", "project")
    document.add_integer("paper", row.paper_id)
    document.add_integer("change", row.change)
    if row.published_at is not None:
        document.add_integer("published", row.published_at)
    if row.upvotes is not None:
        document.add_integer("upvotes", row.upvotes)
    return document


def head_of(change: int) -> tantivy.Document:
    """The document that keeps how far the index follows the store."""
    document = tantivy.Document()
    document.add_integer("paper", HEAD)
    document.add_integer("change", change)
    return document


def author_terms(names: Iterable[str]) -> set[str]:
    """Under which terms the bearers of these names are found: for every reading of a name, as
    `bot.search.names` makes them, the family name alone, and with the given names in four ways:

    - `lecun,y` the first one's initial
    - `lecun,yann` the first one
    - `lecun,y.` only an initial is known of the first one
    - `lecun,yannandre` all together, where there are several
    """
    return {term for name in names for term in _name_terms(name)}


@lru_cache(maxsize=1 << 15)
def _name_terms(name: str) -> frozenset[str]:
    terms: set[str] = set()
    for family, bearers in index_names((name,)).items():
        terms.add(family)
        for given in bearers:
            if given:
                first = given[0]
                whole = f"{family},{first}." if len(first) == 1 else f"{family},{first}"
                terms |= {f"{family},{first[0]}", whole}
            if len(given) > 1:
                terms.add(f"{family},{''.join(given)}")
    return frozenset(terms)


def _category_terms(categories: tuple[str, ...] | None) -> Iterator[str]:
    if categories is None:
        yield UNKNOWN
        return
    for category in dict.fromkeys(one.lower() for one in categories):
        yield category
        archive, dot, _ = category.partition(".")
        if dot:
            yield archive
