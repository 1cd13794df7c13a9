"""A saved search made of one paper: in words that its owner sees and can edit. Pure."""

import re
from typing import Final

from bot.errors import QueryError
from bot.model import Paper
from bot.search.query import format_query, parse
from bot.search.stop import content_words

_MOST: Final = 4  # words or phrases, any of which will do
_SHORTEST: Final = 4  # letters of a title's word that says what it is about
_WORD: Final = re.compile(r"[^\W\d_][\w-]*")


def words_like(paper: Paper) -> str | None:
    """A query for more like it: any of its keywords, or within its primary category any of the telling words
    of its title; `None` if it has neither.
    """
    some = [keyword.replace('"', " ") for keyword in paper.keywords[:_MOST]]
    category = ""
    if not some:
        telling = [word for word in _WORD.findall(paper.title.lower()) if _tells(word)]
        some = sorted(dict.fromkeys(telling), key=lambda word: -len(word))[:_MOST]
        category = f"cat:{paper.categories[0]}" if paper.categories else ""
    any_of = " OR ".join(word if _WORD.fullmatch(word) and "-" not in word else f'"{word}"' for word in some)
    try:
        return format_query(parse(f"({any_of}) {category}")) if some else None
    except QueryError:
        return None


def by_author(name: str) -> str:
    """A query for the papers of somebody, by the name that stands on a paper."""
    return format_query(parse(f'author:"{name.replace(chr(34), " ")}"'))


def from_lab(name: str) -> str:
    """A query for the papers of an organisation, by the name that stands on a paper."""
    return format_query(parse(f'org:"{name.replace(chr(34), " ")}"'))


def _tells(word: str) -> bool:
    return len(word) >= _SHORTEST and content_words(word) > 0


__all__ = ["by_author", "from_lab", "words_like"]
