"""Many queries put to many papers at once find what each finds when it is put to each."""

from hypothesis import given
from hypothesis import strategies as st

from bot.model import Paper
from bot.search.match import compile_query, prepare
from bot.search.query import Query
from bot.search.sieve import Sieve, ones
from tests.property import queries as language
from tests.property.test_index_agrees import NOW, corpora, leaves, trees


def assert_alike(corpus: list[tuple[Paper, int | None]], asked: list[Query]) -> None:
    prepared = [prepare(paper) for paper, _ in corpus]
    upvotes = [number for _, number in corpus]
    sieve = Sieve(prepared, upvotes, NOW)
    for query in (*asked, *asked):  # the second time from what is remembered
        test = compile_query(query, NOW)
        answers = [test(one, number) for one, number in zip(prepared, upvotes, strict=True)]
        found = sieve.sift(query)
        assert list(ones(found.matching)) == [n for n, answer in enumerate(answers) if answer]
        assert list(ones(found.undecided)) == [n for n, answer in enumerate(answers) if answer is None]


@given(corpora(), st.lists(trees(leaves), min_size=1, max_size=8))
def test_words_written_apart_people_and_facts(
    corpus: list[tuple[Paper, int | None]], queries: list[Query]
) -> None:
    assert_alike(corpus, queries)


@given(
    st.lists(st.tuples(language.PAPERS, st.none() | st.integers(0, 30)), max_size=20),
    st.lists(language.QUERIES, min_size=1, max_size=4),
)
def test_the_whole_language(corpus: list[tuple[Paper, int | None]], queries: list[Query]) -> None:
    assert_alike(corpus, queries)


@given(st.sets(st.integers(0, 300)))
def test_a_set_of_bits_gives_its_numbers_in_order(numbers: set[int]) -> None:
    assert list(ones(sum(1 << number for number in numbers))) == sorted(numbers)
