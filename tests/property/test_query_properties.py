"""Laws of the query language and of matching."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.model import IdScheme, Paper, PaperId, Upstream
from bot.search.categories import ARCHIVES, CATEGORIES, NAMES
from bot.search.match import Verdict, compile_query, prepare, verdict
from bot.search.names import agrees, index_names, readings
from bot.search.query import (
    EVERYTHING,
    And,
    Field,
    FieldName,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    format_query,
    parse,
)
from bot.search.tokens import has_words, positions, tokens

VOCABULARY = ("alpha", "beta", "gamma", "état", "GPT-4o", "FlashAttention", "C++", "模型")

typed_words = st.one_of(
    st.sampled_from((*VOCABULARY, "or", "and", "a:b", "12:30", "it's", "L_2", "🚀", "x,y")),
    st.from_regex("[a-zA-Z\u03b1-\u03c90-9.&/'+*:_-]{1,8}", fullmatch=True),
).filter(
    lambda text: (
        has_words(text)
        and text != "OR"
        and not text.startswith("-")
        and text.partition(":")[0].lower() not in list(FieldName)
    )
)
phrases = st.lists(st.sampled_from((*VOCABULARY, "(x)", "-y", "OR", "cat:z")), min_size=1, max_size=4).map(
    lambda words: Phrase(" ".join(words))
)
fields: st.SearchStrategy[Query] = st.one_of(
    st.sampled_from(sorted((*CATEGORIES, *ARCHIVES, *NAMES))).map(
        lambda value: Field(FieldName.CATEGORY, value)
    ),
    st.builds(
        Field,
        st.sampled_from([FieldName.AUTHOR, FieldName.TITLE, FieldName.ABSTRACT]),
        st.sampled_from(["lecun", "Yann LeCun", "f(x)", "-a", "OR", "a:b", "alpha beta"]),
    ),
)
leaves: st.SearchStrategy[Query] = st.one_of(typed_words.map(Word), phrases, fields)


def branches(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    def several(kind: type[And] | type[Or]) -> st.SearchStrategy[Query]:
        parts = st.lists(inner.filter(lambda q: not isinstance(q, kind)), min_size=2, max_size=4)
        return parts.map(lambda chosen: kind(tuple(chosen)))

    negated = inner.filter(lambda q: not isinstance(q, Not)).map(Not)
    return st.one_of(several(And), several(Or), negated)


queries = st.one_of(st.just(EVERYTHING), st.recursive(leaves, branches, max_leaves=12))

fragments = st.one_of(
    st.sampled_from(
        [
            "cat:",
            "author:",
            "title:",
            "OR",
            " OR ",
            "(",
            ")",
            '"',
            "-",
            " ",
            "“",
            "cs.CL",
            "\u0301",
            "\uff02",
            "\uff1a",
            "a",
            "\u200b",
        ]
    ),
    st.text(max_size=6),
)
hostile_text = st.lists(fragments, max_size=14).map("".join)

texts = st.lists(st.sampled_from((*VOCABULARY, "delta", "flash", "attention")), max_size=8).map(" ".join)


def a_paper(title: str, abstract: str = "", categories: tuple[str, ...] | None = None) -> Paper:
    return Paper(
        id=1,
        ids=(PaperId(IdScheme.ARXIV, "2501.00001"),),
        title=title,
        abstract=abstract,
        text_from=Upstream.ARXIV,
        authors=("Yann LeCun", "X. Alpha"),
        published_at=None,
        first_seen_at=datetime(2025, 1, 1, tzinfo=UTC),
        categories=categories,
    )


papers = st.builds(
    a_paper, texts, texts, st.none() | st.lists(st.sampled_from(sorted(CATEGORIES)), max_size=3).map(tuple)
)

# --- the language --------------------------------------------------------------------------------


@given(queries)
def test_every_tree_is_read_back_from_its_own_text(query: Query) -> None:
    assert parse(format_query(query)) == query


@given(hostile_text)
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


@given(st.text(st.characters(exclude_characters=":\uff1a\ufe13\ufe55"), max_size=300))
def test_text_without_a_colon_is_never_a_mistake(text: str) -> None:
    query = parse(text)
    compile_query(query)(prepare(a_paper(text)))


# --- terms ---------------------------------------------------------------------------------------


@given(st.text(max_size=100))
def test_the_terms_of_any_text_lead_from_its_beginning_to_its_end(text: str) -> None:
    terms = tokens(text)
    assert has_words(text) == bool(terms)
    assert all(term and not any(c.isspace() for c in term) for term, _, _ in terms)
    assert {token.start for token in terms if token.end == token.start + 1} == set(range(positions(terms)))


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


@given(st.lists(leaves, min_size=2, max_size=4), papers)
def test_de_morgan_holds_with_unknown_categories_too(parts: list[Query], paper: Paper) -> None:
    negated = tuple(Not(part) for part in parts)
    assert verdict(Not(And(tuple(parts))), paper) is verdict(Or(negated), paper)
    assert verdict(Not(Or(tuple(parts))), paper) is verdict(And(negated), paper)


@given(queries, papers)
def test_without_turns_the_answer_round_and_twice_back(query: Query, paper: Paper) -> None:
    assert verdict(Not(query), paper) is negation(verdict(query, paper))
    assert verdict(Not(Not(query)), paper) is verdict(query, paper)


@given(queries, texts, st.lists(st.sampled_from(sorted(CATEGORIES)), max_size=3).map(tuple))
def test_an_answer_given_before_the_categories_were_known_stays(
    query: Query, title: str, categories: tuple[str, ...]
) -> None:
    early, late = verdict(query, a_paper(title)), verdict(query, a_paper(title, categories=categories))
    assert late is not None
    assert early in {None, late}


@given(queries, papers)
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


given_names = st.sampled_from(["Yann", "Wei", "Ana María", "Jean-Pierre", "Y.", "X. Y.", "José"])
family_names = st.sampled_from(["LeCun", "Wang", "van der Maaten", "Müller", "O'Brien", "Smith-Jones"])


@given(given_names, family_names)
def test_a_name_is_found_whole_by_initial_by_family_and_turned_round(first: str, family: str) -> None:
    people = index_names([f"{first} {family}"])
    for wanted in (f"{first} {family}", f"{first[0]}. {family}", family, f"{family}, {first}"):
        assert agrees(readings(wanted), people)
        assert agrees(readings(wanted.upper()), people)


@given(given_names, given_names, family_names, family_names)
def test_two_names_agree_from_either_side_or_from_neither(a: str, b: str, x: str, y: str) -> None:
    one, other = f"{a} {x}", f"{b} {y}"
    assert agrees(readings(one), index_names([other])) == agrees(readings(other), index_names([one]))
