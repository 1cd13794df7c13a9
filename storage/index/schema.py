"""What the index holds of a paper, for the engine; the terms are made in `storage.index.terms`.

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

from typing import Final

import tantivy

from storage.index.terms import START, UNKNOWN, Fields

VERSION: Final = 2
"""Raised with every change of what stands in the index, which is then made anew."""

HEAD: Final = 0  # papers are numbered from 1


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


def document_of(fields: Fields) -> tantivy.Document:
    """A paper as the engine takes it."""
    document = tantivy.Document()
    for field, value in fields.items():
        if isinstance(value, str):
            document.add_text(field, value)
        else:
            document.add_integer(field, value)
    return document


def head_of(change: int) -> tantivy.Document:
    """The document that keeps how far the index follows the store."""
    document = tantivy.Document()
    document.add_integer("paper", HEAD)
    document.add_integer("change", change)
    return document


__all__ = ["HEAD", "START", "UNKNOWN", "VERSION", "build_schema", "document_of", "head_of"]
