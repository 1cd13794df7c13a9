"""The index proposes what the judge accepts: the same query, asked of both, finds the same papers."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.model import IdScheme, IndexRow, Paper, PaperId, Upstream, utc_ms
from bot.search.fields import FieldName
from bot.search.match import matches
from bot.search.parts import conditions
from bot.search.query import EVERYTHING, And, Field, Not, Or, Phrase, Query, Word
from storage.index.lexical import Filter, Lexical
from storage.index.translate import Translator
from storage.index.weights import WEIGHTS

NOW = datetime(2025, 6, 1, tzinfo=UTC)
WORDS = (
    *("flash", "attention", "Flash-Attention", "FlashAttention", "flashattention", "flashattentions"),
    *(
        "pre-training",
        "pretraining",
        "training",
        "state-of-the-art",
        "stateoftheart",
        "re-writing",
        "rewriting",
    ),
    *("the", "of", "C++", "GPT-4o", "gpt4o", "模型", "Müller", "rule", "rules"),
)
PEOPLE = (
    *("Yann LeCun", "Y. LeCun", "LeCun, Yann A.", "Xiao-Ming Wei", "Xiao Ming Wei", "X. Wei", "Ming Wei"),
    *("Jörg Müller", "Joerg Mueller", "J. Muller", "XM Wei", "Søren Wei"),
)
UPVOTES = (None, 0, 5, 20)

texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
dates = st.none() | st.integers(0, 800).map(lambda days: NOW - timedelta(days=days))


@st.composite
def corpora(draw: st.DrawFn) -> list[tuple[Paper, int | None]]:
    """Papers with their upvotes."""
    return [
        (
            Paper(
                id=number,
                ids=(PaperId(IdScheme.ARXIV, f"2501.{number:05}"),),
                title=draw(texts),
                abstract=draw(texts),
                text_from=Upstream.ARXIV,
                authors=tuple(draw(st.lists(st.sampled_from(PEOPLE), max_size=2))),
                published_at=draw(dates),
                first_seen_at=NOW,
                categories=draw(
                    st.none() | st.sampled_from([("cs.CL",), ("cs.CV", "cs.CL"), ("math.CO",), ()])
                ),
                keywords=tuple(draw(st.lists(texts, max_size=2))),
                organization=draw(st.none() | texts),
                code_url=draw(st.none() | st.just("https://github.com/a/b")),
                project_url=draw(st.none() | st.just("https://a.example")),
            ),
            draw(st.sampled_from(UPVOTES)),
        )
        for number in range(1, draw(st.integers(1, 8)) + 1)
    ]


words = st.sampled_from(WORDS).map(Word)
phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(lambda some: Phrase(" ".join(some)))


def fields(name: FieldName, values: Sequence[str]) -> st.SearchStrategy[Query]:
    return st.sampled_from(values).map(lambda value: Field(name, value))


facts: st.SearchStrategy[Query] = st.one_of(
    fields(FieldName.CATEGORY, ["cs.CL", "cs", "math", "vision"]),
    fields(FieldName.YEAR, ["2024", "2025"]),
    fields(FieldName.AFTER, ["7d", "2025-03", "last-year", "2024-12-31"]),
    fields(FieldName.BEFORE, ["2025", "3m", "yesterday"]),
    fields(FieldName.HAS, ["code", "project"]),
    fields(FieldName.UPVOTES, [">0", ">=5", "<5", "20", "<0"]),
    fields(FieldName.ID, ["2501.00001", "2501.00007", "2502.00001"]),
    fields(FieldName.SORT, ["new"]),
    fields(FieldName.AUTHOR, ["LeCun", "Y. LeCun", "Yann LeCun", "X. Wei", "Xiaoming Wei", "Wei"]),
    fields(FieldName.AUTHOR, ["Müller", "Mueller", "Muller", "Jörg Müller", "Joerg Mueller", "Soeren Wei"]),
)
certain: st.SearchStrategy[Query] = st.one_of(
    words,
    facts,
    st.sampled_from(WORDS).map(lambda word: Field(FieldName.ABSTRACT, word)),
)
"""What terms alone can tell."""
leaves: st.SearchStrategy[Query] = st.one_of(
    certain,
    phrases,
    st.builds(
        Field,
        st.sampled_from([FieldName.TITLE, FieldName.ABSTRACT, FieldName.ORGANIZATION]),
        phrases.map(lambda phrase: phrase.text),
    ),
    fields(FieldName.AUTHOR, [*PEOPLE, "Yann B. LeCun"]),
)


def trees(of: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    def branches(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
        def several(kind: type[And] | type[Or]) -> st.SearchStrategy[Query]:
            parts = st.lists(inner.filter(lambda q: not isinstance(q, kind)), min_size=2, max_size=3)
            return parts.map(lambda chosen: kind(tuple(chosen)))

        return st.one_of(several(And), several(Or), inner.filter(lambda q: not isinstance(q, Not)).map(Not))

    return st.just(EVERYTHING) | st.recursive(of, branches, max_leaves=6)


class Asked:
    """An index of some papers, asked as `FolderIndex` asks it."""

    def __init__(self, folder: str, corpus: Sequence[tuple[Paper, int | None]]) -> None:
        self.words = Lexical.new(Path(folder) / "words")
        self.words.put([row(paper, upvotes) for paper, upvotes in corpus], ())
        self.words.commit(len(corpus))
        self.named = {paper.ids[0].value: paper.id for paper, _ in corpus}

    def __call__(self, query: Query, *, related: bool = False) -> list[int]:
        ask = Translator(self.words.schema, WEIGHTS, self.words.view().frequency, NOW, self.named)
        found = self.words.find(ask.related(query) if related else ask.matching(query), Filter(limit=100))
        assert found.total == len(found.hits)
        return sorted(hit.paper_id for hit in found.hits)


def row(paper: Paper, upvotes: int | None) -> IndexRow:
    return IndexRow(
        paper_id=paper.id,
        change=paper.id,
        title=paper.title,
        abstract=paper.abstract,
        keywords=paper.keywords,
        authors=paper.authors,
        categories=paper.categories,
        organization=paper.organization,
        published_at=None if paper.published_at is None else utc_ms(paper.published_at),
        has_code=paper.code_url is not None,
        has_project=paper.project_url is not None,
        upvotes=upvotes,
    )


def judged(query: Query, corpus: Sequence[tuple[Paper, int | None]]) -> list[int]:
    return [paper.id for paper, upvotes in corpus if matches(query, paper, now=NOW, upvotes=upvotes)]


def each(
    corpus: Sequence[tuple[Paper, int | None]],
    queries: Sequence[Query],
    law: Callable[[Asked, Query], None],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asked = Asked(folder, corpus)
        for query in queries:
            law(asked, query)


@given(corpora(), st.lists(trees(certain), min_size=1, max_size=8))
def test_words_people_dates_and_numbers_are_judged_alike(
    corpus: list[tuple[Paper, int | None]], queries: list[Query]
) -> None:
    """And whatever is related satisfies the conditions."""

    def law(asked: Asked, query: Query) -> None:
        assert asked(query) == judged(query, corpus)
        assert set(asked(query, related=True)) <= set(judged(conditions(query), corpus))

    each(corpus, queries, law)


@given(corpora(), st.lists(trees(leaves), min_size=1, max_size=8))
def test_everything_that_the_judge_accepts_is_proposed(
    corpus: list[tuple[Paper, int | None]], queries: list[Query]
) -> None:
    def law(asked: Asked, query: Query) -> None:
        assert set(asked(query)) >= set(judged(query, corpus))

    each(corpus, queries, law)
