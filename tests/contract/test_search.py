"""The one search, over the real store and the real index with the model that comes with Paperboy."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import InputError, NotFoundError, QueryError, UnreachableError
from bot.model import IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream
from bot.ports import Store
from bot.search.answer import Answer, Mode, Tier
from bot.search.live import SEARCH
from bot.search.service import Search
from storage.embedding.static import open_static
from storage.index.index import FolderIndex, open_index
from tests.clocks import StillClock
from tests.contract.readings import T0, arxiv
from tests.contract.upstreams import Waited

NOW = T0 + timedelta(days=1)


def paper(number: int, title: str, abstract: str = "", **more: object) -> PaperReading:
    made = {"ids": (arxiv(number),), "title": title, "abstract": abstract, "published_at": T0}
    return PaperReading(**{**made, **more})  # type: ignore[arg-type]  # short to write, checked at run time


def brought(*readings: PaperReading, at: datetime = T0, upstream: Upstream = Upstream.ARXIV) -> Poll:
    return Poll(
        upstream=upstream, subject="lookup", observed_at=at, outcome=Outcome.OK, readings=tuple(readings)
    )


CORPUS = (
    paper(1, "Attention Is All You Need", "We propose the Transformer, based solely on attention.",
          published_at=datetime(2017, 6, 12, tzinfo=UTC)),
    paper(2, "All You Need Is Attention to Detail", "Attention is what you need in a workshop, all day.",
          signals={Signal.UPVOTES: 900}),
    paper(3, "Low-Rank Adapters", "LoRA adds small adapters to a frozen language model.",
          categories=("cs.CL",), code_url="https://github.com/example/lora", signals={Signal.UPVOTES: 3}),
    paper(4, "Speech Recognition with Little Data", "An ASR system learns from a few hours of recordings.",
          categories=("eess.AS",)),
    paper(5, "Kernels for Flash Attention", "Tiles keep softmax in fast memory on a GPU, with no adapters.",
          categories=("cs.LG",), signals={Signal.UPVOTES: 50}),
)  # fmt: skip


@pytest.fixture
async def index(store: Store, tmp_path: Path) -> AsyncIterator[FolderIndex]:
    await store.papers.ingest(brought(*CORPUS), T0)
    async with open_index(tmp_path / "index", store.papers, open_static()) as opened:
        await opened.catch_up()
        yield opened


@pytest.fixture
def search(store: Store, index: FolderIndex) -> Search:
    return Search(store.papers, index, StillClock(NOW))


def titles(answer: Answer) -> list[str]:
    return [result.paper.title for result in answer.results]


async def test_a_title_typed_in_full_comes_first_however_popular_others_are(search: Search) -> None:
    answer = await search.search("attention is all you need")
    assert titles(answer)[0] == "Attention Is All You Need"
    assert answer.results[0].tier is Tier.EXACT
    assert answer.results[1].tier is Tier.MATCH, "the other one holds the same words"


async def test_what_was_asked_too_early_is_found_once_the_index_has_it(store: Store, tmp_path: Path) -> None:
    await store.papers.ingest(brought(*CORPUS), T0)
    async with open_index(tmp_path / "behind", store.papers, open_static()) as index:
        search = Search(store.papers, index, StillClock(NOW))
        early = await search.search("attention")
        assert early.results == ()
        assert "being built" in early.notes[0]
        await index.catch_up()
        late = await search.search("attention")
        assert "Attention Is All You Need" in titles(late)
        assert late.notes == ()


async def test_what_matches_comes_before_what_is_only_close(search: Search) -> None:
    answer = await search.search("attention softmax")
    tiers = [result.tier for result in answer.results]
    assert titles(answer)[0] == "Kernels for Flash Attention"
    assert tiers[0] is Tier.MATCH
    assert tiers[1:], "papers with one of the words are close"
    assert set(tiers[1:]) == {Tier.CLOSE}
    assert answer.total == 1


async def test_a_close_result_still_satisfies_every_condition(search: Search) -> None:
    answer = await search.search("attention adapters cat:cs.CL -softmax")
    assert titles(answer) == ["Low-Rank Adapters"]
    assert answer.results[0].tier is Tier.CLOSE


@pytest.mark.parametrize("typed", ["flashattention", "Flash-Attention", "flash attention", "FlashAttention"])
async def test_a_methods_name_is_found_however_it_is_written(search: Search, typed: str) -> None:
    first = (await search.search(typed)).results[0]
    assert first.paper.title == "Kernels for Flash Attention"
    assert first.tier is Tier.MATCH


async def test_meaning_finds_what_uses_other_words(search: Search) -> None:
    text = "transcribe spoken audio"
    lexical = await search.search(text, mode=Mode.LEXICAL)
    fused = await search.search(text)
    assert "Speech Recognition with Little Data" not in titles(lexical)[:1]
    assert titles(fused)[0] == "Speech Recognition with Little Data"
    assert fused.results[0].tier is Tier.CLOSE


async def test_each_result_says_why_and_marks_the_words(search: Search) -> None:
    first = (await search.search("frozen adapters")).results[0]
    marked = [first.paper.title[start:end] for start, end in first.title_marks]
    in_excerpt = [first.excerpt.text[start:end] for start, end in first.excerpt.marks]
    assert marked == ["Adapters"]
    assert in_excerpt == ["adapters", "frozen"]
    assert first.why == "In the title: adapters; in the abstract: frozen, adapters."
    assert set(first.parts) >= {"words", "meaning", "recency"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("attention sort:top", [2, 5, 1]),
        ("attention sort:new", [2, 5, 1]),
        ("upvotes:>20", [2, 5]),
        ("has:code", [3]),
        ("year:2017", [1]),
        ("before:2018", [1]),
        ("cat:cs.LG OR cat:cs.CL", [3, 5]),
    ],
)
async def test_conditions_and_sorting(search: Search, text: str, expected: Sequence[int]) -> None:
    answer = await search.search(text)
    found = [int(result.paper.key[-5:]) for result in answer.results]
    assert sorted(found) == sorted(expected)
    if "sort:" in text:
        assert found[-1] == expected[-1]
        assert set(found) == set(expected)


async def test_sorting_by_trend_puts_what_trends_first(store: Store, index: FolderIndex) -> None:
    kernels = await store.papers.find(arxiv(5))
    assert kernels is not None

    async def trend() -> Mapping[int, float]:
        return {kernels.id: 12.0}

    search = Search(store.papers, index, StillClock(NOW), trend=trend)
    assert titles(await search.search("attention sort:trending"))[0] == "Kernels for Flash Attention"


@pytest.mark.parametrize("typed", ["&", "-", '""', ""])
async def test_where_nothing_is_asked_for_the_answer_says_so(search: Search, typed: str) -> None:
    answer = await search.search(typed, limit=1)
    assert answer.notes == ("There is nothing in that to look for. These are the newest papers.",)
    assert answer.results[0].why == "Neither words nor conditions were given."
    assert (await search.search("cat:cs.CL")).notes == ()


async def test_a_mistake_in_the_query_is_named(search: Search) -> None:
    with pytest.raises(QueryError, match=r"after:"):
        await search.search("attention after:tuesdayish")


# --- pages ---------------------------------------------------------------------------------------


async def test_pages_stay_as_they_were_while_papers_arrive(
    store: Store, index: FolderIndex, search: Search
) -> None:
    many = [paper(number, f"Gardens of number {number}") for number in range(100, 140)]
    await store.papers.ingest(brought(*many, at=T0 + timedelta(minutes=1)), T0)
    await index.catch_up()
    whole = titles(await search.search("gardens", limit=100))
    seen = await search.search("gardens", limit=10)
    pages = titles(seen)
    newer = [paper(number, f"Gardens gardens {number}") for number in range(200, 210)]
    await store.papers.ingest(brought(*newer, at=T0 + timedelta(minutes=2)), T0)
    await index.catch_up()
    again = Search(store.papers, index, StillClock(NOW))  # another process: it kept nothing
    while seen.more is not None:
        seen = await again.search("gardens", limit=10, page=seen.more)
        pages += titles(seen)
    assert sorted(pages) == sorted(whole)
    assert len(set(pages)) >= 40


@pytest.mark.parametrize("page", ["", "x", "1", "1.", "-1.0", "1.-1", "9" * 50 + ".0", "\uff11.\uff10"])
async def test_a_page_that_is_none_is_refused_in_a_sentence(search: Search, page: str) -> None:
    with pytest.raises(InputError, match=r"no page"):
        await search.search("attention", page=page)


# --- papers by name ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["2511.00003", "arXiv:2511.00003v2", "https://huggingface.co/papers/2511.00003"]
)
async def test_an_id_or_a_link_finds_that_very_paper(search: Search, typed: str) -> None:
    answer = await search.search(typed)
    assert titles(answer) == ["Low-Rank Adapters"]
    assert answer.results[0].tier is Tier.EXACT


async def test_a_paper_that_the_store_lacks_is_fetched_and_kept(store: Store, index: FolderIndex) -> None:
    asked: list[PaperId] = []

    async def fetch(paper_id: PaperId) -> Poll:
        asked.append(paper_id)
        return brought(paper(77, "Fetched Just Now"), at=NOW)

    search = Search(store.papers, index, StillClock(NOW), fetch=fetch)
    assert titles(await search.search("https://arxiv.org/abs/2511.00077")) == ["Fetched Just Now"]
    assert titles(await search.search("2511.00077")) == ["Fetched Just Now"]
    assert asked == [PaperId(IdScheme.ARXIV, "2511.00077")]


async def test_a_paper_that_nobody_knows_is_said_to_be_unknown(search: Search) -> None:
    answer = await search.search("2511.09999")
    assert answer.results == ()
    assert "2511.09999" in answer.notes[0]


async def test_a_paper_that_nobody_could_be_asked_for_is_not_said_to_be_unknown(
    store: Store, index: FolderIndex
) -> None:
    async def fetch(paper_id: PaperId) -> Poll:
        raise UnreachableError("Every upstream", "is out of reach.")

    search = Search(store.papers, index, StillClock(NOW), fetch=fetch)
    answer = await search.search("2511.09999")
    said = "No upstream could be reached just now: try again later."
    assert answer.notes == (f"2511.09999 is not stored here. {said}",)
    with pytest.raises(NotFoundError, match=said):
        await search.similar(["2511.09999"])


async def test_similar_papers_are_others_near_in_meaning(search: Search) -> None:
    answer = await search.similar(["2511.00005"], limit=2)
    assert "Kernels for Flash Attention" not in titles(answer)
    assert "Attention Is All You Need" in titles(answer)


async def test_where_nothing_is_near_the_answer_says_why(store: Store, tmp_path: Path) -> None:
    await store.papers.ingest(brought(CORPUS[0]), T0)
    async with open_index(tmp_path / "words", store.papers, None) as index:
        await index.catch_up()
        answer = await Search(store.papers, index, StillClock(NOW)).similar(["2511.00001"])
    assert answer.results == ()
    assert "by words alone" in answer.notes[0]
    async with open_index(tmp_path / "meaning", store.papers, open_static()) as index:
        await index.catch_up()
        answer = await Search(store.papers, index, StillClock(NOW)).similar(["2511.00001"])
    assert answer.results == ()
    assert answer.notes == ("No other paper is near in meaning.",)


async def test_similar_to_what_is_no_paper_is_refused(search: Search) -> None:
    with pytest.raises(InputError, match=r"id or link"):
        await search.similar(["attention"])
    with pytest.raises(NotFoundError, match=r"2511\.09999"):
        await search.similar(["2511.09999"])


# --- upstreams -----------------------------------------------------------------------------------


def answering(upstream: Upstream, readings: Sequence[PaperReading] | None) -> Waited:
    """An upstream that answers at once."""
    made = Waited(upstream, readings)
    made.let.set()
    return made


async def test_without_leave_no_upstream_is_asked(search: Search) -> None:
    answers = [answer async for answer in search.live("attention")]
    assert len(answers) == 1
    assert answers[0].notes == ()


async def test_an_upstreams_findings_are_merged_without_doubles(store: Store, index: FolderIndex) -> None:
    face = answering(
        Upstream.HUGGING_FACE,
        [paper(5, "Kernels for Flash Attention"), paper(88, "Attention from Afar", "It is all attention.")],
    )
    busy = answering(Upstream.ARXIV, None)
    search = Search(store.papers, index, StillClock(NOW), upstreams=[face, busy])
    answers = [answer async for answer in search.live("attention -survey", limit=5)]
    assert face.asked == ["attention"], "conditions are for the local index"
    assert "Attention from Afar" not in titles(answers[0]), "local results come at once"
    last = answers[-1]
    assert len(titles(last)) == len(set(titles(last)))
    by_title = {result.paper.title: result for result in last.results}
    assert by_title["Attention from Afar"].found_by == (Upstream.HUGGING_FACE,)
    assert by_title["Attention from Afar"].tier is Tier.MATCH
    assert by_title["Kernels for Flash Attention"].found_by == (Upstream.HUGGING_FACE,)
    assert all("sent to Hugging Face and arXiv" in " ".join(answer.notes) for answer in answers)
    assert any("arXiv could not be asked" in note for note in last.notes)


async def test_an_answer_tells_whose_findings_are_yet_to_come(store: Store, index: FolderIndex) -> None:
    face, arxiv = Waited(Upstream.HUGGING_FACE, []), Waited(Upstream.ARXIV, [])
    search = Search(store.papers, index, StillClock(NOW), upstreams=[face, arxiv])
    answers = search.live("attention")
    assert (await anext(answers)).awaited == (Upstream.HUGGING_FACE, Upstream.ARXIV)
    assert face.asked == arxiv.asked == [], "nobody waits for what nobody goes on to ask for"
    arxiv.let.set()
    assert (await anext(answers)).awaited == (Upstream.HUGGING_FACE,)
    face.let.set()
    assert [answer.awaited async for answer in answers] == [()]


async def test_what_upstreams_found_is_recalled_for_a_while(store: Store, index: FolderIndex) -> None:
    face = answering(Upstream.HUGGING_FACE, [paper(88, "Attention from Afar", "It is all attention.")])
    clock = StillClock(NOW)
    search = Search(store.papers, index, clock, upstreams=[face, answering(Upstream.ARXIV, None)])
    local = await search.search("attention", limit=5)
    assert await search.recalled("attention", limit=5) == local, "nobody was asked yet"
    *_, last = [answer async for answer in search.live("attention", limit=5)]
    recalled = await search.recalled("attention", limit=5)
    assert recalled.results == last.results
    assert recalled.notes == last.notes[:1], "that the words were sent"
    assert await search.recalled("speech", limit=5) == await search.search("speech", limit=5)
    clock.set(NOW + timedelta(minutes=15))
    forgotten = await search.recalled("attention", limit=5)
    assert (titles(forgotten), forgotten.notes) == (titles(local), ())
    assert face.asked == ["attention"]


async def test_the_words_of_a_search_are_not_stored(store: Store, index: FolderIndex) -> None:
    face = answering(Upstream.HUGGING_FACE, [paper(88, "Afar")])
    search = Search(store.papers, index, StillClock(NOW), upstreams=[face])
    assert [answer async for answer in search.live("unmentionable")]
    states = await store.sources.states()
    assert SEARCH in {state.subject for state in states}
    assert "unmentionable" not in repr(states)


async def test_an_index_that_is_being_built_says_so(store: Store, tmp_path: Path) -> None:
    await store.papers.ingest(brought(*CORPUS), T0)
    async with open_index(tmp_path / "empty", store.papers, None) as index:
        answer = await Search(store.papers, index, StillClock(NOW)).search("attention")
    assert answer.results == ()
    assert "being built" in answer.notes[0]
