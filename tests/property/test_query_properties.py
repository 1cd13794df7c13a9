"""Laws of the query language and of matching."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.model import Paper
from bot.search import match
from bot.search.categories import CATEGORIES
from bot.search.dates import since, until
from bot.search.fields import upvotes_between
from bot.search.marks import excerpt, held, marks
from bot.search.match import Verdict, compile_query, prepare
from bot.search.names import agrees, index_names, readings
from bot.search.parts import conditions, wanted
from bot.search.query import (
    And,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    all_of,
    format_query,
    parse,
)
from bot.search.stop import content_words
from bot.search.text import Text, holds
from bot.search.tokens import has_words, places, positions, terms_of, tokens
from bot.search.ways import MOST_WAYS, wanted_of, ways
from tests.property.queries import (
    HOSTILE_TEXT,
    LEAVES,
    NOW,
    PAPERS,
    PHRASES,
    QUERIES,
    TEXTS,
    TYPED_WORDS,
    a_paper,
)


def verdict(query: Query, paper: Paper) -> Verdict:
    return match.verdict(query, paper, now=NOW)


# --- the language --------------------------------------------------------------------------------

_SIMPLE_WORDS = st.sampled_from(
    [
        "or",
        "OR",
        "Or",
        "ORs",
        "OR-gates",
        "arxiv",
        "doi",
        "e.g.",
        "cat",
        "id",
        "vision",
        "LoRA",
        "a-",
        "x.Y-z",
        "3d",
        "7B",
        "v1.5",
        "2508.13426",
        "10.1234",
    ]
) | st.from_regex("[A-Za-z0-9][A-Za-z0-9.-]{0,9}", fullmatch=True)
_SIMPLE_QUOTES = st.lists(_SIMPLE_WORDS, min_size=1, max_size=3).map(lambda words: f'"{" ".join(words)}"')
_SIMPLE_FIELDS = st.builds(
    "{}:{}".format,
    st.sampled_from(["cat", "author", "org", "title", "abstract", "Cat", "id", "sort", "has"]),
    _SIMPLE_WORDS | _SIMPLE_QUOTES,
)


_SIMPLE_TERMS = st.builds(
    "{}{}".format,
    st.sampled_from(["", "", "-", "--"]),
    _SIMPLE_WORDS | _SIMPLE_QUOTES | _SIMPLE_FIELDS,
)


@given(st.lists(_SIMPLE_TERMS | st.just("OR"), min_size=1, max_size=6))
def test_simple_texts_take_a_short_way_to_the_same_tree(terms: list[str]) -> None:
    """Of two spaces between terms only the long way makes something."""

    def outcome(text: str) -> object:
        try:
            return parse(text)
        except QueryError as error:
            return str(error), error.suggestion

    assert outcome(" ".join(terms)) == outcome("  ".join(terms) + " ")


@given(QUERIES)
def test_every_tree_is_read_back_from_its_own_text(query: Query) -> None:
    assert parse(format_query(query)) == query


@given(HOSTILE_TEXT)
@example('a (b "c) d" OR')
@example('"\u0301" \uff02a\uff02 \uff08b OR')
@example("-(-(-a OR) b")
def test_any_text_is_a_query_that_says_the_same_again_or_a_mistake_with_its_remedy(text: str) -> None:
    query: Query | None
    try:
        query = parse(text)
    except QueryError as error:
        query = parse(error.suggestion) if error.suggestion else None
    assert query is not None
    assert parse(format_query(query)) == query


@given(
    st.lists(st.from_regex("[a-z]{1,6}", fullmatch=True) | st.sampled_from(["or", "id", "doi"]), min_size=1)
)
def test_plain_words_are_read_as_they_are_within_parentheses(some: list[str]) -> None:
    """Parentheses change nothing, and take the words through every rule there is."""
    text = " ".join(some)
    assert parse(text) == parse(f"({text})")


@given(st.text(st.characters(exclude_characters=":\uff1a\ufe13\ufe55"), max_size=300))
def test_text_without_a_colon_is_never_a_mistake(text: str) -> None:
    query = parse(text)
    compile_query(query, NOW)(prepare(a_paper(text)), None)


# --- terms ---------------------------------------------------------------------------------------


@given(st.text(max_size=100))
def test_the_terms_of_any_text_lead_from_its_beginning_to_its_end(text: str) -> None:
    terms = tokens(text)
    assert has_words(text) == bool(terms)
    assert all(term and not any(c.isspace() for c in term) for term, _, _ in terms)
    assert {token.start for token in terms if token.end == token.start + 1} == set(range(positions(terms)))


@given(st.text(max_size=100))
def test_every_position_of_any_text_comes_from_some_of_its_characters_in_order(text: str) -> None:
    count = len(terms_of(text)[0])
    assert count == positions(tokens(text))
    where = list(places(text, range(count)).values())
    assert len(where) == count
    assert all(0 <= start < end <= len(text) for start, end in where)
    assert where == sorted(where)
    assert all(places(text, [at]) == {at: place} for at, place in enumerate(where))


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_term_reaches_over_white_space(one: str, other: str) -> None:
    (parts, solids), (more, solids_more) = terms_of(one), terms_of(other)
    assert terms_of(f"{one} {other}") == (parts + more, solids + solids_more)


names = st.lists(
    st.sampled_from(["flash", "attention", "flashattention", "FlashAttention", "data-set", "datasets", "of"]),
    min_size=1,
    max_size=5,
).map(" ".join)


@given(names, names)
def test_a_text_holds_what_is_wanted_if_some_way_stands_in_it(asked: str, written: str) -> None:
    text = Text((written,))
    found = ways(asked)
    assert len(found) < MOST_WAYS
    assert holds(wanted_of(asked), text) == any(stands(way, text) for way in found)


def stands(way: tuple[str, ...], text: Text) -> bool:
    """The plainest search for neighbouring terms that there is."""
    ends = {stop for _, stop in text.spans(way[0])}
    for term in way[1:]:
        ends = {stop for begin, stop in text.spans(term) if begin in ends}
    return bool(ends)


@given(st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), min_size=1, max_size=5))
def test_hyphens_and_spaces_in_a_name_are_asked_for_either_way(parts: list[str]) -> None:
    hyphenated, spaced = "-".join(parts), " ".join(parts)
    assert verdict(Word(hyphenated), a_paper(spaced))
    assert verdict(Phrase(spaced), a_paper(hyphenated))
    assert verdict(Word("".join(parts)), a_paper(hyphenated))
    assert verdict(Word(hyphenated), a_paper("".join(parts)))


# --- matching ------------------------------------------------------------------------------------


def negation(answer: Verdict) -> Verdict:
    return None if answer is None else not answer


@given(st.lists(LEAVES, min_size=2, max_size=4), PAPERS)
def test_de_morgan_holds_with_unknown_categories_too(parts: list[Query], paper: Paper) -> None:
    negated = tuple(Not(part) for part in parts)
    assert verdict(Not(And(tuple(parts))), paper) is verdict(Or(negated), paper)
    assert verdict(Not(Or(tuple(parts))), paper) is verdict(And(negated), paper)


@given(QUERIES, PAPERS)
def test_without_turns_the_answer_round_and_twice_back(query: Query, paper: Paper) -> None:
    assert verdict(Not(query), paper) is negation(verdict(query, paper))
    assert verdict(Not(Not(query)), paper) is verdict(query, paper)


@given(QUERIES, TEXTS, st.lists(st.sampled_from(sorted(CATEGORIES)), max_size=3).map(tuple))
def test_an_answer_given_before_the_categories_were_known_stays(
    query: Query, title: str, categories: tuple[str, ...]
) -> None:
    early, late = verdict(query, a_paper(title)), verdict(query, a_paper(title, categories=categories))
    assert late is not None
    assert early in {None, late}


@given(QUERIES, PAPERS)
def test_whatever_matches_a_query_matches_its_conditions(query: Query, paper: Paper) -> None:
    rest = conditions(query)
    assert conditions(rest) == rest
    if verdict(query, paper) is True:
        assert verdict(rest, paper) is True
    if verdict(rest, paper) is False:
        assert verdict(query, paper) is False


@given(st.lists(TYPED_WORDS.map(Word) | PHRASES, min_size=2, max_size=5), PAPERS)
def test_a_paper_that_matches_words_lacks_none_and_the_other_way_round(
    parts: list[Query], paper: Paper
) -> None:
    parts = [part for part in parts if not isinstance(part, Word) or content_words(part.text)] or [
        Word("alpha")
    ]
    query = all_of(parts)
    assert bool(verdict(query, paper)) == (not held(query, paper).missing)


@given(st.lists(TEXTS, max_size=3))
def test_neighbours_are_what_stands_side_by_side(texts: list[str]) -> None:
    text = Text(texts)
    pairs = {(one, other) for one in text.terms for other in text.terms if text.side_by_side((one, other))}
    assert text.neighbours() == pairs


@given(QUERIES, TEXTS)
def test_marks_stand_in_order_apart_and_on_words(query: Query, text: str) -> None:
    for place in ("title", "abstract"):
        found = marks(query, text, place)
        assert all(start < end for start, end in found)
        assert all(end < start for (_, end), (start, _) in pairwise(found))
        assert all(not text[start].isspace() and not text[end - 1].isspace() for start, end in found)
        assert not found or wanted(query)


@given(QUERIES, st.lists(TEXTS, max_size=12).map(". ".join), st.integers(1, 80))
def test_an_excerpt_is_a_piece_of_its_abstract(query: Query, abstract: str, length: int) -> None:
    made = excerpt(query, abstract, length)
    whole = " ".join(abstract.split())
    at = whole.find(made.text)
    assert at >= 0
    assert len(made.text) <= length
    assert (made.cut_before or made.cut_after) == (made.text != whole)
    assert all(0 <= start < end <= len(made.text) for start, end in made.marks)
    if marks(query, whole, "abstract"):
        assert made.marks


@given(
    st.from_regex(r"[0-9]{1,4}[dwmy]", fullmatch=True),
    st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is the next
    st.integers(0, 90),
)
def test_a_span_moves_with_the_day_and_is_past(value: str, now: datetime, days: int) -> None:
    later = now + timedelta(days=min(days, (datetime.max.replace(tzinfo=UTC) - now).days))
    assert since(value, now) <= max(now, since("9999y", now))
    assert since(value, now) <= since(value, later)
    assert since(value, now) == until(value, now)


@given(st.integers(0, 50), st.sampled_from(["", ">", ">=", "<", "<="]), st.integers(0, 50))
def test_a_number_of_upvotes_is_compared_as_it_reads(bound: int, sign: str, upvotes: int) -> None:
    least, most = upvotes_between(f"{sign}{bound}")
    compared = {
        "": upvotes == bound,
        ">": upvotes > bound,
        ">=": upvotes >= bound,
        "<": upvotes < bound,
        "<=": upvotes <= bound,
    }
    assert (least <= upvotes and (most is None or upvotes <= most)) == compared[sign]


@given(QUERIES, PAPERS)
def test_a_query_and_its_own_text_take_the_same_papers(query: Query, paper: Paper) -> None:
    assert verdict(parse(format_query(query)), paper) is verdict(query, paper)


plain_words = st.lists(
    st.from_regex(r"[a-zàâéèêëïîôöùüçñøł]{1,8}(?:[-_'][a-z0-9é]{1,4}){0,2}", fullmatch=True),
    min_size=1,
    max_size=4,
)
RESPELLINGS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.title,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)),
    lambda text: text.translate({ord(c): ord(c) + 0xFEE0 for c in "abcdefghij"}),  # full width
    lambda text: text.replace("-", "\u2011").replace("'", "\u2019"),
)


@given(plain_words, plain_words, st.sampled_from(RESPELLINGS), st.sampled_from(RESPELLINGS))
def test_case_accents_and_compatibility_forms_never_change_an_answer(
    wanted: list[str], written: list[str], one: Callable[[str], str], other: Callable[[str], str]
) -> None:
    query, text = " ".join(wanted), " ".join(written)
    for asked, respelled in (
        (parse(query), parse(one(query))),
        (Phrase(query), Phrase(one(query))),
        (Not(parse(text)), Not(parse(one(text)))),
    ):
        assert verdict(respelled, a_paper(other(text))) is verdict(asked, a_paper(text))
    assert verdict(Phrase(text), a_paper(other(text))) is True


given_names = st.sampled_from(
    ["Yann", "Wei", "Ana María", "Jean-Pierre", "Y.", "X. Y.", "José", "Jürgen", "Juergen"]
)
family_names = st.sampled_from(
    ["LeCun", "Wang", "van der Maaten", "Müller", "Mueller", "O'Brien", "Smith-Jones"]
)


@given(given_names, family_names)
def test_a_name_is_found_whole_by_initial_by_family_and_turned_round(first: str, family: str) -> None:
    people = index_names([f"{first} {family}"])
    for asked in (f"{first} {family}", f"{first[0]}. {family}", family, f"{family}, {first}"):
        assert agrees(readings(asked), people)
        assert agrees(readings(asked.upper()), people)


@given(given_names, given_names, family_names, family_names)
def test_two_names_agree_from_either_side_or_from_neither(a: str, b: str, x: str, y: str) -> None:
    one, other = f"{a} {x}", f"{b} {y}"
    assert agrees(readings(one), index_names([other])) == agrees(readings(other), index_names([one]))
