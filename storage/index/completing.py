"""What goes on as somebody types: titles that hold the words so far, and people whose names begin so.

Terms are stems, so an unfinished word is compared with the beginnings of stems, and with its own stem.
Blocking, for threads.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from tantivy import Occur, Query

from bot.model import Paper
from bot.search.ports import Order
from bot.search.tokens import fold, stem, terms_of, written_words
from storage.index.lexical import Filter, Lexical
from storage.index.schema import START
from storage.index.terms import author_terms

_MOST: Final = 64  # terms that an unfinished word may become: the most frequent ones
# What a stemmer takes from words: of "attentio" the stem is "attent".
_ENDINGS: Final = (
    *("able", "ally", "ation", "ed", "ely", "ement", "er", "es", "ful", "ible", "ical", "ies", "ing", "ion"),
    *("ions", "ities", "ity", "ive", "ization", "ment", "ness", "ous"),
)
_SHORTEST: Final = 3  # letters of a stem
_SHORTEST_NAME: Final = 2  # letters of a family name that stands alone


class Bearer(NamedTuple):
    """A term of people's names, with a paper of one who bears it."""

    term: str
    papers: int  # in how many it stands
    example: int  # the number of one of them


def titled_so_far(words: Lexical, text: str, limit: int) -> list[int]:
    """Numbers of papers whose title holds the words of the text, of which the last may be unfinished: first
    those whose title begins with the words, of either those with more upvotes first, then the newer ones.
    """
    finished, last = _divided(text)
    endings = _endings(words, last) if last else []
    if not endings and (last or not finished):
        return []
    unfinished = [Query.term_set_query(words.schema, "title", endings)] if endings else []
    questions = [_all([Query.term_query(words.schema, "title", term) for term in finished] + unfinished)]
    if finished:
        begun = Query.phrase_query(words.schema, "title", [START, *finished])
        questions.insert(0, _all([begun, *unfinished]))
    found: dict[int, None] = {}
    for question in questions:
        for order in (Order.TOP, Order.NEW):
            if len(found) < limit:
                hits = words.find(question, Filter(limit), order=order, count=False).hits
                found.update((hit.paper_id, None) for hit in hits if order is Order.NEW or hit.score > 0)
    return list(found)[:limit]


def bearers(words: Lexical, name: str, limit: int) -> list[Bearer]:
    """People whose family name begins as the name ends, and whose given names are those before it, those in
    most papers first.
    """
    found: dict[str, int] = {}
    for beginning, given in _readings(name):
        for term, papers in words.terms("author", beginning):
            _, comma, first = term.partition(",")
            if comma and len(first.rstrip(".")) > 1 and (not given or first.startswith(given)):
                found[term] = papers
    best = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit]
    return bearers_of(words, best)


def bearers_of(words: Lexical, terms: Iterable[tuple[str, int]]) -> list[Bearer]:
    """Terms with the number of papers that hold each, and one of them; without those of deleted papers alone,
    which the engine counts until it merges them away.
    """
    found = []
    for term, papers in terms:
        held = words.find(Query.term_query(words.schema, "author", term), Filter(1), count=False)
        found += [Bearer(term, papers, hit.paper_id) for hit in held.hits]
    return found


def _readings(name: str) -> Iterator[tuple[str, str]]:
    """A name that may be unfinished, as beginnings of a family name with the beginning of a first name."""
    words = ["".join(filter(str.isalnum, word)) for word in fold(name).casefold().split()]
    words = [word for word in words if word]
    for at in range(len(words)):
        family, given = "".join(words[at:]), words[0] if at else ""
        if given or len(family) >= _SHORTEST_NAME:
            yield family, given


def names_of(found: Iterable[Bearer], papers: Mapping[int, Paper]) -> list[str]:
    """How the examples write their names, each once."""
    names: dict[str, None] = {}
    for one in found:
        authors = papers[one.example].authors if one.example in papers else ()
        names.update((name, None) for name in authors if one.term in author_terms([name]))
    return list(names)


def asked_names_of(found: Iterable[Bearer], papers: Mapping[int, Paper]) -> list[str]:
    """As `names_of`, without the given names where the term has none: "LeCun"."""
    names: dict[str, None] = {}
    for one in found:
        for name in names_of([one], papers):
            words = name.split()
            ends = [" ".join(words[at:]) for at in reversed(range(len(words)))]
            names[next((end for end in ends if one.term in author_terms([end])), name)] = None
    return list(names)


def _divided(text: str) -> tuple[list[str], str]:
    """The terms of the finished words, and the last part if nothing stands behind it."""
    parts = [part for word in written_words(text) for part in word]
    if not parts or text[-1:].isspace():
        return terms_of(text)[0], ""
    return terms_of(text)[0][: len(parts) - 1], parts[-1]


def _endings(words: Lexical, last: str) -> list[str]:
    """The terms that a word may become that begins so."""
    begun = sorted(words.terms("title", last), key=lambda item: (-item[1], item[0]))[:_MOST]
    terms = dict.fromkeys([stem(last), *(term for term, _ in begun)])
    known = words.view().frequency
    alive = [term for term in terms if known("title", term)]
    if alive:
        return alive
    stems = (
        last[:at]
        for at in range(len(last) - 1, _SHORTEST - 1, -1)
        if any(ending.startswith(last[at:]) for ending in _ENDINGS)
    )
    return [term for term in stems if known("title", term)][:1]


def _all(parts: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, part) for part in parts])


__all__ = ["Bearer", "asked_names_of", "bearers", "bearers_of", "names_of", "titled_so_far"]
