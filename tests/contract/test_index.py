"""What a search index promises: it finds what the store holds, by words and by meaning, and keeps up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Signal
from bot.ports import Store
from bot.search.ports import Hits, IndexState, Limits, Order, SearchIndex, Spelling
from bot.search.query import EVERYTHING, MAX_DEPTH, parse
from storage.index.index import FolderIndex, open_index
from tests.contract.encoders import HashedWords
from tests.contract.readings import arxiv, at, batch, described, doi, lookup, poll, reading, take

NOW = at(0)
LIMITS = Limits(NOW, 10)

OpenIndex = Callable[[], AbstractAsyncContextManager[FolderIndex]]


@pytest.fixture
def opened(store: Store, tmp_path: Path) -> OpenIndex:
    """Opens the index of this test's store; each call is another process's view of the same folder."""
    return lambda: open_index(tmp_path / "index", store.papers, HashedWords())


@pytest.fixture
async def index(opened: OpenIndex) -> AsyncIterator[FolderIndex]:
    async with opened() as made:
        yield made


async def number(store: Store, of: int) -> int:
    paper = await store.papers.find(arxiv(of))
    assert paper is not None
    return paper.id


def numbers(hits: Hits) -> list[int]:
    return [hit.paper_id for hit in hits.hits]


async def found(index: SearchIndex, text: str, limits: Limits = LIMITS) -> list[int]:
    """What matches the query, in the order of the papers' numbers."""
    hits = await index.matching(parse(text), limits)
    assert hits.total >= len(hits.hits)
    return sorted(numbers(hits))


async def test_an_index_of_nothing_finds_nothing(index: FolderIndex) -> None:
    assert await index.catch_up() == await index.state()
    state = await index.state()
    assert (state.papers, state.vectors, state.change, state.behind, state.following) == (0, 0, 0, 0, True)
    assert await index.matching(parse("anything"), LIMITS) == Hits()
    assert await index.matching(EVERYTHING, LIMITS) == Hits()
    assert await index.related(parse("anything at all"), LIMITS) == Hits()
    assert await index.near("anything", EVERYTHING, LIMITS) == Hits()
    assert await index.similar([1, 2], LIMITS) == Hits()
    assert await index.similar([], LIMITS) == Hits()
    assert await index.spellings("anything", 5) == []
    assert await index.namesakes("anybody", 5) == []
    assert await index.check() == []


async def test_an_index_that_was_never_brought_up_to_date_finds_nothing_yet(
    store: Store, index: FolderIndex
) -> None:
    await take(store.papers, poll(0, reading(arxiv(1), title="Letters at dawn")))
    assert await found(index, "letters") == []
    assert (await index.state()).behind > 0


async def test_papers_are_found_by_words_people_and_conditions(store: Store, index: FolderIndex) -> None:
    await take(
        store.papers,
        poll(
            0,
            reading(
                arxiv(1),
                title="Flash-Attention for letters",
                abstract="We sort the post.",
                authors=("Yann LeCun", "Zoë Müller"),
                published_at=at(-60 * 24),
                categories=("cs.CL",),
                keywords=("mail sorting",),
                organization="The Post Office",
                code_url="https://github.com/a/b",
                upvotes=30,
            ),
            reading(
                arxiv(2),
                title="A survey of sorting",
                abstract="Flash floods, and attention.",
                authors=("Yves LeCun",),
                published_at=at(-60 * 24 * 400),
                categories=("math.CO",),
                project_url="https://a.example",
            ),
            reading(doi(3), title="Sorted letters"),
        ),
    )
    await index.catch_up()
    one, two = await number(store, 1), await number(store, 2)
    three = await store.papers.find(doi(3))
    assert three is not None
    everything = sorted([one, two, three.id])

    expected = {
        "flashattention": [one],
        '"flash attention"': [one],
        "flash attention": [one, two],
        "sorting": everything,
        '"mail sorting"': [one],
        "title:sorting": [two, three.id],
        "abstract:flash": [two],
        "author:lecun": [one, two],
        'author:"Y. LeCun"': [one, two],
        'author:"Yann LeCun"': [one],
        'author:"Z. Muller"': [one],
        "cat:cs.CL": [one],
        "cat:cs OR cat:math": [one, two],
        "-cat:cs": [two],  # nobody has said yet where the third belongs
        "sorting -survey": [one, three.id],
        "year:2025": [one],
        "after:7d": [one],
        "before:2025": [two],
        "has:code": [one],
        "has:project": [two],
        "upvotes:>=30": [one],
        "upvotes:<30": [],
        "org:post": [one],
        'org:"the post office"': [one],
        "id:2511.00002": [two],
        "id:2511.00009": [],
        "-id:2511.00002": [one, three.id],
        "10.1000/3": [three.id],
    }
    assert {text: await found(index, text) for text in expected} == expected
    assert numbers(await index.matching(EVERYTHING, LIMITS, Order.NEW)) == [one, two, three.id]
    assert numbers(await index.matching(EVERYTHING, LIMITS, Order.TOP))[0] == one


async def test_a_phrase_is_found_where_a_word_of_it_is_written_with_hyphens(
    store: Store, index: FolderIndex
) -> None:
    await take(
        store.papers,
        poll(
            0,
            reading(arxiv(1), title="Re-writing rules", abstract="State-of-the-art methods."),
            reading(arxiv(2), title="Rules of writing", abstract="Methods of some art and state."),
        ),
    )
    await index.catch_up()
    one = await number(store, 1)
    for text in ('"rewriting rules"', 'title:"rewriting rules"', '"stateoftheart methods"', "stateoftheart"):
        assert await found(index, text) == [one]


async def test_titles_come_before_abstracts(store: Store, index: FolderIndex) -> None:
    await take(
        store.papers,
        poll(
            0,
            reading(arxiv(1), title="On something else", abstract="Carrier pigeons among other birds."),
            reading(arxiv(2), title="Carrier pigeons", abstract="A study of how birds carry letters home."),
            reading(arxiv(3), title="Letters at dawn", abstract="Birds are not treated in this paper."),
            *(reading(arxiv(10 + more), title=f"Paper {more} on waves") for more in range(6)),
        ),
    )
    await index.catch_up()
    one, two, three = [await number(store, of) for of in (1, 2, 3)]

    assert numbers(await index.matching(parse("carrier pigeons"), LIMITS)) == [two, one]
    related = numbers(await index.related(parse("carrier pigeons for letters"), LIMITS))
    assert related[0] == two
    assert sorted(related) == [one, two, three]


async def test_titles_that_begin_with_the_words_come_first_and_the_shorter_before_the_longer(
    store: Store, index: FolderIndex
) -> None:
    titles = (
        "On letters at dawn",
        "Letters at dawn and dusk",
        "Letters at dawn",
        "Dawn letters at",
        "Letters",
    )
    await take(
        store.papers,
        poll(
            0, *(reading(arxiv(n), title=title, categories=("cs.CL",)) for n, title in enumerate(titles, 1))
        ),
        poll(1, reading(arxiv(9), title="Letters at dawn, again", categories=("cs.CV",))),
    )
    await index.catch_up()
    one, two, three = [await number(store, of) for of in (1, 2, 3)]
    titled = await index.titled("letters at dawn", parse("cat:cs.CL"), LIMITS)
    assert numbers(titled) == [three, two, one]
    assert len((await index.titled("letters at dawn", EVERYTHING, LIMITS)).hits) == 4
    assert await index.titled("letters at noon", EVERYTHING, LIMITS) == Hits()
    assert await index.titled("", EVERYTHING, LIMITS) == Hits()


async def test_a_score_means_the_same_whether_all_words_match_or_some(
    store: Store, index: FolderIndex
) -> None:
    await take(store.papers, poll(0, *(reading(arxiv(n), title=f"Paper {n} on waves") for n in range(1, 9))))
    await index.catch_up()
    matching = await index.matching(parse("paper waves"), LIMITS)
    assert matching.hits == (await index.related(parse("paper waves"), LIMITS)).hits
    assert matching.hits[0].score > 0


async def test_related_papers_satisfy_the_conditions_and_common_words_alone_relate_none(
    store: Store, index: FolderIndex
) -> None:
    await take(
        store.papers,
        poll(
            0,
            reading(arxiv(1), title="Letters for the dawn", categories=("cs.CL",)),
            reading(arxiv(2), title="Letters for the dusk", categories=("cs.CV",)),
            reading(arxiv(3), title="Waves for the sea", categories=("cs.CL",)),
        ),
    )
    await index.catch_up()
    one, three = await number(store, 1), await number(store, 3)
    assert numbers(await index.related(parse("letters for the moon cat:cs.CL"), LIMITS)) == [one]
    # Where nothing else was asked for, the common words count after all.
    assert sorted(numbers(await index.related(parse("for the cat:cs.CL"), LIMITS))) == [one, three]
    assert await index.related(parse("cat:cs.CL"), LIMITS) == Hits()


async def test_limits_keep_out_later_papers_and_all_but_some(store: Store, index: FolderIndex) -> None:
    await take(store.papers, poll(0, *(reading(arxiv(n), title=f"Waves {n}") for n in range(1, 6))))
    await index.catch_up()
    one, two, three = [await number(store, of) for of in (1, 2, 3)]
    waves = parse("waves")
    for limits, expected in (
        (Limits(NOW, 10, upto=two), [one, two]),
        (Limits(NOW, 10, among=[three, one, 999]), [one, three]),
        (Limits(NOW, 10, upto=two, among=[three, one]), [one]),
        (Limits(NOW, 10, among=[]), []),
    ):
        assert await found(index, "waves", limits) == expected
        assert sorted(numbers(await index.related(waves, limits))) == expected
        assert sorted(numbers(await index.near("waves", EVERYTHING, limits))) == expected
        assert sorted(numbers(await index.near("waves", waves, limits))) == expected
        assert sorted(numbers(await index.similar([two], limits))) == [n for n in expected if n != two]
    few = await index.matching(waves, Limits(NOW, 2))
    assert (len(few.hits), few.total) == (2, 5)


async def test_meaning_finds_what_shares_the_most_words_and_heeds_conditions(
    store: Store, index: FolderIndex
) -> None:
    await take(
        store.papers,
        poll(
            0,
            reading(arxiv(1), title="red green blue", abstract="a b c", categories=("cs.CL",)),
            reading(arxiv(2), title="red green grey", abstract="d e f", categories=("cs.CV",)),
            reading(arxiv(3), title="north south west", abstract="g h i", categories=("cs.CL",)),
        ),
    )
    await index.catch_up()
    one, two, three = [await number(store, of) for of in (1, 2, 3)]

    colours = await index.near("red green blue", EVERYTHING, LIMITS)
    assert numbers(colours) == [one, two, three]
    assert 1 >= colours.hits[0].score > colours.hits[1].score > colours.hits[2].score
    assert numbers(await index.near("red green blue", parse("cat:cs.CL"), LIMITS)) == [one, three]
    assert numbers(await index.near("red green blue", parse("cat:math"), LIMITS)) == []
    north = await index.near("north", EVERYTHING, LIMITS)
    assert numbers(north)[0] == three
    assert numbers(await index.near("north", EVERYTHING, LIMITS, {one: 1.0, two: 1.0}))[0] != three
    assert await index.near("north", EVERYTHING, LIMITS, {999: 1.0}) == north
    assert numbers(await index.similar([one], LIMITS)) == [two, three]
    assert numbers(await index.similar([one, two, 999], LIMITS)) == [three]
    vectors = await index.vectors([two, 999, one])
    assert vectors.shape == (3, 64)
    assert [round(float(row @ row), 2) for row in vectors] == [1, 0, 1]
    near = (await index.similar([one], LIMITS)).hits[0].score
    assert vectors[0] @ vectors[2] == pytest.approx(near, abs=0.01)


async def test_a_changed_paper_is_found_by_what_it_is_now(store: Store, index: FolderIndex) -> None:
    await take(store.papers, poll(0, reading(arxiv(1), title="Letters at dawn", upvotes=1)))
    await index.catch_up()
    one = await number(store, 1)
    await take(store.papers, lookup(1, described(arxiv(1), title="Waves at dusk")))
    await take(store.papers, poll(2, reading(arxiv(1), title="Letters at dawn", upvotes=9)))
    state = await index.catch_up()

    assert (state.papers, state.vectors, state.behind) == (1, 1, 0)
    assert await found(index, "letters") == []
    assert await found(index, "waves upvotes:9") == [one]
    assert numbers(await index.near("letters", EVERYTHING, LIMITS)) == [one]
    assert await index.check() == []


async def test_a_paper_that_went_in_a_merge_is_not_found_any_more(store: Store, index: FolderIndex) -> None:
    await take(
        store.papers,
        poll(0, reading(arxiv(1), title="Letters at dawn")),
        poll(1, reading(doi(1), title="Waves at dusk")),
    )
    assert (await index.catch_up()).papers == 2
    await take(store.papers, lookup(2, described(arxiv(1), doi(1), title="Letters at dawn")))
    state = await index.catch_up()

    assert (state.papers, state.vectors) == (1, 1)
    assert await found(index, "letters") == [await number(store, 1)]
    assert await found(index, "waves") == []
    assert await index.check() == []


async def test_many_papers_are_taken_in_with_progress_and_each_is_found(
    store: Store, index: FolderIndex
) -> None:
    titles = [described(doi(n), title=f"Study {n} of waves and letters") for n in range(1, 2_501)]
    await store.papers.bring(batch(*titles), at(0))
    seen: list[IndexState] = []
    state = await index.catch_up(seen.append)

    assert state.papers == state.vectors == 2_500
    assert len(seen) >= 3
    assert [one.change for one in seen] == sorted(one.change for one in seen)
    assert (await index.matching(parse("waves"), LIMITS)).total == 2_500
    assert len(await found(index, "title:1234")) == 1
    # Most papers satisfy the condition, and the nearest are found without looking at all of those.
    near = await index.near("study 1234 of waves and letters", parse("waves"), LIMITS)
    assert len(near.hits) == 10
    assert [near.hits[0].paper_id] == await found(index, "title:1234")
    assert await index.check() == []


async def test_typing_errors_are_mended_with_words_of_the_papers(store: Store, index: FolderIndex) -> None:
    await take(
        store.papers,
        poll(
            0,
            *(
                reading(arxiv(n), title=f"Transformers {n}", abstract="Neural attention.")
                for n in range(1, 4)
            ),
            *(reading(arxiv(n), title=f"Transfer {n}", abstract="Natural selection.") for n in range(4, 6)),
            reading(arxiv(9), title="A misprinted Transfomer"),
        ),
    )
    await index.catch_up()

    assert await index.spellings("Transfomers", 5) == [
        Spelling("transformers", 3, 1),
        Spelling("transfomer", 1, 1),  # somebody wrote so; "transfer" is further away than its stem
    ]
    assert await index.spellings("atention", 5) == [Spelling("attention", 3, 1)]
    assert await index.spellings("enural", 5) == [Spelling("neural", 3, 1)]
    assert await index.spellings("eural", 5) == [Spelling("neural", 3, 1)]
    assert await index.spellings("Attention", 5) == [Spelling("attention", 3, 0)]  # rightly spelt
    assert await index.spellings("atentions", 5) == [Spelling("attention", 3, 2)]
    for hopeless in ("atn", "gpt-4o", "2025", "zebra", "", "模型", "x" * 5_000, "flash attention"):
        assert await index.spellings(hopeless, 5) == []


async def test_fewer_typing_errors_come_before_more_papers(store: Store, index: FolderIndex) -> None:
    many = [reading(arxiv(n), title=f"Semantic letters {n}") for n in range(1, 8)]
    few = [reading(arxiv(n), title=f"Segment {n} of a cement") for n in range(8, 10)]
    await take(store.papers, poll(0, *many, *few))
    await index.catch_up()
    assert [one.word for one in await index.spellings("segmnt", 3)] == ["segment"]
    assert [one.word for one in await index.spellings("cegment", 3)] == ["cement", "segment"]


@pytest.mark.parametrize(
    ("typed", "meant", "errors"),
    [
        ("classificaton", "classification", 1),
        ("optimizaton", "optimization", 1),
        ("hallucinaton", "hallucination", 1),
        ("alignmnt", "alignment", 1),
        ("diffusoin", "diffusion", 1),
        ("classifcaton", "classification", 2),
        ("atenton", "attention", 2),
    ],
)
async def test_an_error_in_a_words_ending_does_not_hide_the_word(
    store: Store, index: FolderIndex, typed: str, meant: str, errors: int
) -> None:
    papers = [reading(arxiv(n), title=f"On {meant}", abstract=f"{meant.title()}s {n}.") for n in range(1, 4)]
    await take(store.papers, poll(0, *papers))
    await index.catch_up()
    assert await index.spellings(typed, 3) == [Spelling(meant, 3, errors)]


async def test_typing_errors_in_names_are_mended_with_names_of_authors(
    store: Store, index: FolderIndex
) -> None:
    await take(
        store.papers,
        poll(
            0,
            reading(arxiv(1), title="One", authors=("Yann LeCun", "Laurens van der Maaten")),
            reading(arxiv(2), title="Two", authors=("Zoë Müller", "Yann LeCun")),
            reading(arxiv(3), title="Three", authors=("Ann Mullen", "Li Li")),
        ),
    )
    await index.catch_up()
    assert await index.namesakes("lecunn", 3) == ["LeCun"]
    assert await index.namesakes("Yan LeCun", 3) == ["Yann LeCun"]
    assert await index.namesakes("Y. LeCunn", 3) == ["Yann LeCun"]
    assert await index.namesakes("vander Maten", 3) == ["van der Maaten"]
    assert await index.namesakes("mullr", 3) == ["Müller"]
    for hopeless in ("Lo", "", "!", "zebra", "x" * 5_000):
        assert await index.namesakes(hopeless, 3) == []


async def test_words_and_people_that_no_paper_has_any_more_are_not_offered(
    store: Store, index: FolderIndex
) -> None:
    papers = [reading(arxiv(n), title=f"Lettters {n}", authors=("Yann LeCun",)) for n in range(1, 4)]
    await take(store.papers, poll(0, *papers, reading(arxiv(9), title="It stays")))
    await index.catch_up()
    assert await index.people("LeCun", 3) == ["Yann LeCun"]
    corrected = [replace(one, title=f"Notes {one.title[-1]}", authors=("Ann Lee",)) for one in papers]
    await take(store.papers, poll(1, *corrected))
    await index.catch_up()
    assert await index.people("LeCun", 3) == await index.namesakes("LeCunn", 3) == []
    assert await index.spellings("lettter", 3) == []


async def test_hostile_text_only_ever_asks_for_words(store: Store, index: FolderIndex) -> None:
    await take(store.papers, poll(0, reading(arxiv(1), title="Letters * at [a TO z] dawn")))
    await index.catch_up()
    one = await number(store, 1)
    for text in (
        "*",
        "letters*",
        "[a TO z]",
        "titel:*",
        "*:*",
        "/.*/",
        "~",
        "letters^9",
        "a" * 10_000,
        "C++ ^~*?",
    ):
        assert await found(index, text) in ([], [one])
    assert await found(index, "letters*") == [one]
    assert await found(index, "lett*") == []
    assert await index.related(parse(" ".join(f"word{n}" for n in range(2_000))), LIMITS) == Hits()


async def test_a_query_of_very_many_words_is_answered_by_its_rarest(store: Store, index: FolderIndex) -> None:
    words = " ".join(f"word{n}" for n in range(300))
    await take(
        store.papers,
        poll(0, reading(arxiv(1), title=words), *(reading(arxiv(n), title="word7") for n in range(2, 9))),
    )
    await index.catch_up()
    assert numbers(await index.related(parse(words), LIMITS))[0] == await number(store, 1)


async def test_alternatives_within_alternatives_of_words_written_in_two_ways_are_not_multiplied(
    store: Store, index: FolderIndex
) -> None:
    await take(
        store.papers,
        poll(0, reading(arxiv(1), title="Flash-attention"), reading(arxiv(2), title="Flash attention")),
    )
    await index.catch_up()
    both = [await number(store, 1), await number(store, 2)]
    nested = "flashattention (moss OR " * MAX_DEPTH + "flashattention" + ")" * MAX_DEPTH
    assert sorted(await found(index, nested)) == both
    assert sorted(await found(index, "flashattention attention flash")) == both


async def test_questions_of_many_tasks_are_answered_while_the_index_follows(
    store: Store, index: FolderIndex
) -> None:
    async def ingest() -> None:
        for n in range(1, 6):
            await take(store.papers, poll(n, reading(arxiv(n), title=f"Waves {n}")))
            await index.catch_up()

    async def ask() -> None:
        for _ in range(20):
            assert len(await found(index, "waves")) <= 5
            await index.near("waves", EVERYTHING, LIMITS)

    await asyncio.gather(ingest(), index.catch_up(), ask(), ask())
    assert len(await found(index, "waves")) == 5


async def test_an_index_without_an_encoder_has_no_meaning(store: Store, tmp_path: Path) -> None:
    await take(store.papers, poll(0, reading(arxiv(1), title="Waves"), reading(arxiv(2), title="Waves too")))
    async with open_index(tmp_path / "other", store.papers, None) as index:
        state = await index.catch_up()
        assert (state.papers, state.vectors, state.encoder) == (2, 0, None)
        assert await index.near("waves", EVERYTHING, LIMITS) == Hits()
        assert await index.similar([1], LIMITS) == Hits()
        assert not (await index.vectors([1, 2])).any()
        assert len(await found(index, "waves")) == 2
        assert await index.check() == []


async def test_the_encoder_rests_when_the_index_has_caught_up(store: Store, tmp_path: Path) -> None:
    class Watched(HashedWords):
        worked = False

        def rest(self) -> None:
            self.worked = self.worked or not self.at_rest
            super().rest()

    encoder = Watched()
    await take(store.papers, poll(0, reading(arxiv(1), title="Waves")))
    async with open_index(tmp_path / "other", store.papers, encoder) as index:
        await index.catch_up()
    assert encoder.worked
    assert encoder.at_rest


async def test_upvotes_are_sorted_by_and_a_paper_without_comes_last(store: Store, index: FolderIndex) -> None:
    await take(
        store.papers,
        poll(
            0,
            reading(arxiv(1), title="Waves"),
            reading(arxiv(2), title="Waves", upvotes=0, abstract="Not the same."),
            reading(arxiv(3), title="Waves", upvotes=7, abstract="Another."),
        ),
    )
    await index.catch_up()
    assert numbers(await index.matching(parse("waves"), LIMITS, Order.TOP)) == [
        await number(store, of) for of in (3, 2, 1)
    ]
    signals = await store.papers.signals([await number(store, 3)])
    assert signals[await number(store, 3)] == {Signal.UPVOTES: 7}


async def test_papers_older_than_1970_are_sorted_and_found_by_their_date(
    store: Store, index: FolderIndex
) -> None:
    await take(
        store.papers,
        poll(
            0,
            reading(arxiv(1), title="Waves, undated"),
            reading(arxiv(2), title="Waves, old", published_at=at(0) - timedelta(days=365 * 90)),
            reading(arxiv(3), title="Waves, new", published_at=at(-5)),
        ),
    )
    await index.catch_up()
    one, two, three = [await number(store, of) for of in (1, 2, 3)]
    assert await found(index, "waves before:1950") == [two]
    assert numbers(await index.matching(parse("waves"), LIMITS, Order.NEW)) == [three, two, one]
