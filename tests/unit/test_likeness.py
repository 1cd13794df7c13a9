"""A saved search made of a paper: words that its owner can read, and that find the paper itself."""

from datetime import UTC, datetime

import pytest

from bot.search.match import verdict
from bot.search.query import parse
from bot.subscriptions.likeness import by_author, words_like
from tests.unit.test_share import a_paper

NOW = datetime(2025, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        (
            {"keywords": ("flash attention", "kernels", "self-play", "GPU", "a fifth")},
            '"flash attention" OR kernels OR "self-play" OR GPU',
        ),
        (
            {"title": "Folding Towels with Robots", "categories": ("cs.RO",)},
            "(folding OR towels OR robots) cat:cs.RO",
        ),
        ({"title": "The Towels of It All", "categories": None}, "towels"),
        ({"title": "It Is So", "categories": ("cs.RO",)}, None),
        ({"keywords": ('say "OR" twice',)}, '"say OR twice"'),
    ],
)
def test_a_paper_becomes_words(changes: dict[str, object], query: str | None) -> None:
    assert words_like(a_paper(1, **changes)) == query


def test_what_is_like_a_paper_matches_it() -> None:
    paper = a_paper(1, title="Folding Towels with Robots", categories=("cs.RO",))
    words = words_like(paper)
    assert words is not None
    assert verdict(parse(words), paper, now=NOW) is True


def test_an_author_becomes_a_search_of_their_name() -> None:
    query = by_author('Bo "B." Li')
    paper = a_paper(1, authors=("Bo B. Li",))
    assert verdict(parse(query), paper, now=NOW) is True
