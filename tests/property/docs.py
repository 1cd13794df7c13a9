"""Strategies: messages of any shape, their text as hostile as upstreams can make it."""

from dataclasses import replace

from hypothesis import strategies as st

from bot.view.doc import Actions, Block, Button, Divider, Doc, Heading, Note, PaperCard, Section, Span

_WORDS = st.sampled_from(
    [
        "a",
        "word",
        "漢字",
        "한국어",
        "e\u0301",
        "👩🏽‍🔬",
        "🇩🇪",
        "\u202e",
        "\x1b[31m",
        "\n",
        "  ",
        "x" * 45,
        "@everyone",
        "&<>*_",
    ]
)
TEXTS = st.text(alphabet=st.characters(exclude_categories=[]), max_size=40) | st.lists(
    _WORDS, max_size=30
).map(" ".join)
URLS = st.none() | st.sampled_from(["https://arxiv.org/abs/2508.13426", "http://a.org/" + "b" * 90])
_FLAG = st.booleans()
SPANS = st.builds(Span, TEXTS, URLS, _FLAG, _FLAG, st.none() | st.integers(0, 1 << 32), _FLAG)
BUTTONS = st.builds(
    Button, TEXTS.map(lambda text: text[:40]), st.just("save:arxiv:2508.13426"), st.booleans()
)
_LINES = st.lists(SPANS, max_size=4).map(tuple)
_UNMARKED = st.builds(
    PaperCard,
    number=st.integers(1, 1000),
    paper_key=st.just("arxiv:2508.13426"),
    title=SPANS,
    summary=_LINES,
    summary_from=st.none() | st.just("abstract"),
    facts=_LINES,
    menu=st.lists(BUTTONS, max_size=2).map(tuple),
)


@st.composite
def with_marks(draw: st.DrawFn, cards: st.SearchStrategy[PaperCard]) -> PaperCard:
    """A card with some ranges of its title marked."""
    card = draw(cards)
    edges = sorted(draw(st.sets(st.integers(0, len(card.title.text)), max_size=6)))
    return replace(card, title_marks=tuple(zip(edges[::2], edges[1::2], strict=False)))


CARDS = with_marks(_UNMARKED)


def blocks() -> st.SearchStrategy[Block]:
    return (
        st.builds(Heading, _LINES)
        | st.builds(Section, _LINES)
        | st.builds(Note, _LINES)
        | st.just(Divider())
        | st.builds(Actions, st.lists(BUTTONS, min_size=1, max_size=3).map(tuple))
        | CARDS
        | CARDS
    )


def docs(max_size: int = 12) -> st.SearchStrategy[Doc]:
    return st.builds(Doc, st.lists(blocks(), max_size=max_size).map(tuple), TEXTS)
