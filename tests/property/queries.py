"""Strategies: trees of the whole query language, hostile text, and papers to put them to."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from bot.ids import paper_id_of
from bot.model import IdScheme, Paper, PaperId, Upstream
from bot.search.categories import ARCHIVES, CATEGORIES, NAMES
from bot.search.fields import id_value
from bot.search.query import (
    EVERYTHING,
    And,
    Field,
    FieldName,
    Not,
    Or,
    Phrase,
    Query,
    Sort,
    Word,
    all_of,
)
from bot.search.tokens import has_words

NOW = datetime(2025, 6, 1, tzinfo=UTC)
VOCABULARY = ("alpha", "beta", "gamma", "état", "GPT-4o", "FlashAttention", "C++", "模型")

TYPED_WORDS = st.one_of(
    st.sampled_from((*VOCABULARY, "or", "and", "a:b", "12:30", "it's", "L_2", "🚀", "x,y")),
    st.from_regex("[a-zA-Z\u03b1-\u03c90-9.&/'+*:_-]{1,8}", fullmatch=True),
).filter(
    lambda text: (
        has_words(text)
        and text != "OR"
        and not text.startswith("-")
        and text.partition(":")[0].lower() not in list(FieldName)
        and paper_id_of(text.strip("<>[]{}'.,;:!?")) is None
    )
)
_PROSE = st.sampled_from(
    ["before:", "After:", "id:", "org:", "has:!", "sort:", "year:...", "CAT:", "14%", "7B"]
)
PHRASES = st.lists(st.sampled_from((*VOCABULARY, "(x)", "-y", "OR", "cat:z")), min_size=1, max_size=4).map(
    lambda words: Phrase(" ".join(words))
)
_FIELDS: st.SearchStrategy[Query] = st.one_of(
    st.sampled_from(sorted((*CATEGORIES, *ARCHIVES, *NAMES))).map(
        lambda value: Field(FieldName.CATEGORY, value)
    ),
    st.builds(
        Field,
        st.sampled_from([FieldName.AUTHOR, FieldName.TITLE, FieldName.ABSTRACT, FieldName.ORGANIZATION]),
        st.sampled_from(["lecun", "Yann LeCun", "f(x)", "-a", "OR", "a:b", "alpha beta"]),
    ),
    st.builds(
        Field,
        st.sampled_from([FieldName.AFTER, FieldName.BEFORE]),
        st.one_of(
            st.dates(min_value=date(1000, 1, 1), max_value=date(2999, 12, 31)).map(str),
            st.from_regex(r"[12][0-9]{3}(-(0[1-9]|1[0-2]))?", fullmatch=True),
            st.from_regex(r"(0|[1-9][0-9]{0,3})[dwmy]", fullmatch=True),
            st.sampled_from(["today", "yesterday", "this-week", "last-week", "last-month", "last-year"]),
        ),
    ),
    st.from_regex(r"[12][0-9]{3}", fullmatch=True).map(lambda year: Field(FieldName.YEAR, year)),
    st.sampled_from(["code", "project"]).map(lambda value: Field(FieldName.HAS, value)),
    st.from_regex(r"(>=?|<=?)?(0|[1-9][0-9]{0,8})", fullmatch=True).map(
        lambda value: Field(FieldName.UPVOTES, value)
    ),
    st.one_of(
        st.from_regex(r"[0-9]{2}(0[1-9]|1[0-2])\.[0-9]{4,5}", fullmatch=True),
        st.from_regex(r"10\.[0-9]{4,9}/[!#-@\[-~]{0,8}[a-z0-9)]", fullmatch=True),
        st.from_regex(r"local:[0-9a-f]{16}", fullmatch=True),
        st.sampled_from(["quant-ph/0201082", "10.1016/s0004-3702(97)00043-x"]),
    )
    .filter(lambda value: (found := paper_id_of(value)) is not None and id_value(found) == value)
    .map(lambda value: Field(FieldName.ID, value)),
)
LEAVES: st.SearchStrategy[Query] = st.one_of((TYPED_WORDS | _PROSE).map(Word), PHRASES, _FIELDS)


def _branches(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    def several(kind: type[And] | type[Or]) -> st.SearchStrategy[Query]:
        parts = st.lists(inner.filter(lambda q: not isinstance(q, kind)), min_size=2, max_size=4)
        return parts.map(lambda chosen: kind(tuple(chosen)))

    negated = inner.filter(lambda q: not isinstance(q, Not)).map(Not)
    return st.one_of(several(And), several(Or), negated)


_UNORDERED = st.one_of(st.just(EVERYTHING), st.recursive(LEAVES, _branches, max_leaves=12))
_ORDERS = st.sampled_from(Sort).map(lambda order: Field(FieldName.SORT, order.value))
QUERIES = _UNORDERED | st.builds(lambda query, order: all_of((query, order)), _UNORDERED, _ORDERS)

FRAGMENTS = st.one_of(
    st.sampled_from(
        [
            "cat:",
            "author:",
            "title:",
            "after:",
            "before:",
            "upvotes:>",
            "sort:new",
            "title:(",
            "after:last ",
            "month",
            "id:",
            "arXiv: ",
            "2508.13426",
            "10.1145/3292500",
            "10.1016/S0004(97)X",
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
HOSTILE_TEXT = st.lists(FRAGMENTS, max_size=14).map("".join)

TEXTS = st.lists(st.sampled_from((*VOCABULARY, "delta", "flash", "attention")), max_size=8).map(" ".join)


def a_paper(
    title: str,
    abstract: str = "",
    categories: tuple[str, ...] | None = None,
    published_at: datetime | None = None,
) -> Paper:
    return Paper(
        id=1,
        ids=(PaperId(IdScheme.ARXIV, "2501.00001"),),
        title=title,
        abstract=abstract,
        text_from=Upstream.ARXIV,
        authors=("Yann LeCun", "X. Alpha"),
        published_at=published_at,
        first_seen_at=datetime(2025, 1, 1, tzinfo=UTC),
        categories=categories,
    )


PAPERS = st.builds(
    a_paper,
    TEXTS,
    TEXTS,
    st.none() | st.lists(st.sampled_from(sorted(CATEGORIES)), max_size=3).map(tuple),
    st.none() | st.datetimes(datetime(2023, 1, 1), datetime(2025, 6, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is drawn beside
)
