"""Typing errors: which words of the papers, or names of their authors, may have been meant.

Terms are stems, so that stems are compared; how a word is written in full is then read from papers that hold
it, and compared with what was typed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from string import ascii_lowercase
from typing import Final, NamedTuple

from tantivy import Occur, Query

from bot.model import Paper
from bot.search.names import name_words
from bot.search.ports import Spelling
from bot.search.tokens import stem, written_words
from storage.index.completing import Bearer, bearers_of
from storage.index.lexical import Filter, Lexical

_SHORTEST: Final = 4  # letters; shorter words have too many neighbours
_LONGEST: Final = 40
_ONE_ERROR: Final = 5  # words of up to so many letters have one error, longer ones two
_ENDING: Final = 2  # letters; a stem that lacks one letter has lost no ending worth a thought
_COMMON: Final = 2  # papers a term must stand in to be a word at all: a misprint stands in one
_EXAMPLES: Final = 8  # papers in which it is looked up how a word is written


class Correction(NamedTuple):
    """A term that the typed word may have been meant as."""

    term: str
    papers: int  # in how many it stands
    examples: tuple[int, ...]  # numbers of papers that hold it


def corrections(words: Lexical, word: str, limit: int) -> list[Correction]:
    """Terms within a typing error or two of the word's own, which comes first if papers hold it; those with
    fewer errors first, then the more frequent. Blocking, for threads.
    """
    written = written_words(word)
    if [len(parts) for parts in written] != [1]:
        return []
    typed = written[0][0]
    if not (_SHORTEST <= len(typed) <= _LONGEST and typed.isalpha()):
        return []
    allowed = _allowed(typed)
    forms = {stem(typed), typed}
    # An error in the ending may hide it from the stemmer: the whole word is compared too, and the stems of
    # all that is one error away. Where such an error went with the ending, there may be another before it.
    stems = {variant: stem(variant) for variant in _one_error_away(typed)}
    bare = {
        term
        for variant, term in stems.items()
        if len(term) <= len(variant) - _ENDING and typed.startswith(term)
    }
    reached = dict.fromkeys((one for term in bare for one in _one_error_away(term)), 2)
    reached.update(dict.fromkeys(stems.values(), 1))
    close: list[tuple[int, int, str]] = []
    for other, papers in _candidates(words, "text", typed):
        if other.isalpha() and (papers >= _COMMON or other in forms):
            errors = min(_errors(form, other, allowed) for form in forms)
            errors = min(errors, reached.get(other, errors))
            if errors <= allowed:
                close.append((errors, -papers, other))
    close.sort()
    found = [_correction(words, other) for _, _, other in close[:limit]]
    return [one for one in found if one.papers]  # the engine counts deleted ones until it merges them away


def _allowed(typed: str) -> int:
    """How many errors there may be in what was typed."""
    return 1 if len(typed) <= _ONE_ERROR else 2


def _one_error_away(word: str) -> Iterator[str]:
    """The word with a letter less, more, or other, or with two neighbours exchanged."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


def _errors(form: str, other: str, most: int) -> int:
    """As `distance`, and quick where there are many."""
    if abs(len(form) - len(other)) > most or len(frozenset(form).symmetric_difference(other)) > 2 * most:
        return most + 1
    return distance(form, other, most)


def _candidates(words: Lexical, field: str, word: str) -> Iterator[tuple[str, int]]:
    """Terms that begin like the word, each with the number of papers that hold it. The first letter is
    mistaken seldom, but sometimes, and then the next ones are right.
    """
    first, second, third = word[0], word[1], word[2]
    beginnings = {first + second, second + first, second + third, first + third}
    for letter in ascii_lowercase:
        beginnings |= {letter + second + third, letter + first + second}
        beginnings |= {first + letter + third, first + letter + second}
    shortest = {
        one for one in beginnings if not any(one != other and one.startswith(other) for other in beginnings)
    }
    return chain.from_iterable(words.terms(field, beginning) for beginning in sorted(shortest))


def _correction(words: Lexical, term: str) -> Correction:
    anywhere = Query.boolean_query(
        [(Occur.Should, Query.term_query(words.schema, field, term)) for field in ("text", "solid")]
    )
    found = words.find(anywhere, Filter(_EXAMPLES))
    return Correction(term, found.total, tuple(hit.paper_id for hit in found.hits))


def spelling_of(correction: Correction, typed: str, papers: Mapping[int, Paper]) -> Spelling | None:
    """How those of the papers that are its examples write the term: nearest to what was typed, then as most
    of them do. `None` if that is further from it than typing errors reach: "semantic" from "segmnt", whose
    stems are near.
    """
    beginning = correction.term[:3]  # no ending reaches so far
    texts = (f"{papers[one].title} {papers[one].abstract}" for one in correction.examples if one in papers)
    chunks = (chunk for text in texts for chunk in text.casefold().split() if beginning in chunk)
    written = Counter(
        word[0]
        for chunk in chunks
        for word in written_words(chunk)
        if len(word) == 1 and stem(word[0]) == correction.term
    )
    ((typed,),) = written_words(typed)
    most = _allowed(typed)
    errors = {word: distance(typed, word, most) for word in written or [correction.term]}
    word = min(errors, key=lambda one: (errors[one], -written[one], one))
    return Spelling(word, correction.papers, errors[word]) if errors[word] <= most else None


def namesakes(words: Lexical, name: str, limit: int) -> list[Bearer]:
    """People whose whole name, or family name if that is all that is asked for, is within a typing error or
    two of this one: those with fewer errors first, then those in more papers. Blocking, for threads.
    """
    first, *others = name_words(name) or ("",)
    key = f"{''.join(others)},{first}" if len(first) == 1 and others else "".join((first, *others))
    if not _SHORTEST <= len(key) <= _LONGEST:
        return []
    allowed = _allowed(key)
    close = [
        (errors, -papers, term)
        for term, papers in _candidates(words, "author", key)
        if ("," in term) == ("," in key) and (errors := _errors(key, term, allowed)) <= allowed
    ]
    close.sort()
    return bearers_of(words, [(term, -papers) for _, papers, term in close[:limit]])


def distance(one: str, other: str, most: int) -> int:
    """How many letters were left out, put in, mistaken, or exchanged with the next to make one of the other;
    `most + 1` if more than `most`.

    Optimal string alignment: https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        last, row = row, [i + 1]
        for j, facing in enumerate(other):
            cost = min(last[j] + (letter != facing), last[j + 1] + 1, row[j] + 1)
            if i and j and letter == other[j - 1] and one[i - 1] == facing:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before = last
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


__all__ = ["Correction", "corrections", "distance", "namesakes", "spelling_of"]
