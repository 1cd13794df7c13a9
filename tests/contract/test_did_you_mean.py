"""What a search offers where what was typed finds nearly nothing: typing errors mended, people as authors."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Outcome, PaperReading, Poll, Upstream
from bot.ports import Store
from bot.search.query import format_query, parse
from bot.search.service import Search
from storage.index.index import open_index
from tests.clocks import StillClock
from tests.contract.readings import T0, arxiv


def paper(number: int, title: str, *authors: str, abstract: str = "") -> PaperReading:
    return PaperReading(
        ids=(arxiv(number),), title=title, abstract=abstract or title, published_at=T0, authors=authors
    )


CORPUS = (
    *(paper(number, f"Vision transformers {number}") for number in range(1, 5)),
    *(paper(number, f"Hints for low price adapters {number}") for number in range(5, 9)),
    *(paper(number, f"Self attention {number}", "Yann LeCun", "Kaiming He") for number in range(9, 13)),
    paper(13, "Aiming at maps", "Yann LeCun", "Wei Wang"),
    paper(14, "Maps of the sea", "Wei Wang", "Weiwei Wang"),
    paper(15, "Energy", "Jane Hinton", "S. Price", "Ann Alet"),
    paper(16, "Entropy of cities"),
    *(paper(number, f"Misprints {number}", abstract="Misprinted kernals.") for number in range(18, 21)),
    *(paper(number, f"Kernels {number}") for number in range(21, 101)),
    paper(17, "Entropy", "Joan Hinton"),
)


@pytest.fixture
async def search(store: Store, tmp_path: Path) -> AsyncIterator[Search]:
    poll = Poll(
        upstream=Upstream.ARXIV, subject="lookup", observed_at=T0, outcome=Outcome.OK, readings=CORPUS
    )
    await store.papers.ingest(poll, T0)
    async with open_index(tmp_path / "index", store.papers, None) as index:
        await index.catch_up()
        yield Search(store.papers, index, StillClock(T0 + timedelta(days=1)))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("adaptrs -survey", "adapters -survey"),
        ('"visoin transformers" OR entrpy', '"vision transformers" OR entropy'),
        ('title:"self atention"', 'title:"self attention"'),
        ("abstract:visoin", "abstract:vision"),
        ("kernlas", "kernels"),  # "kernals" is nearer, and a misprint
        ("title:kernals", "title:kernels"),  # enough abstracts have it so
        ("author:lecunn", "author:LeCun"),
        ('author:"Yan LeCun" atention', 'author:"Yann LeCun" attention'),
    ],
)
async def test_typing_errors_are_mended_wherever_they_stand(search: Search, typed: str, meant: str) -> None:
    answer = await search.search(typed)
    assert answer.did_you_mean == meant
    assert format_query(parse(meant)) == meant
    assert (await search.search(meant)).total > answer.total


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Yann LeCun", 'author:"Yann LeCun"'),
        ("Y. LeCun", 'author:"Yann LeCun"'),
        ("Y.LeCun", 'author:"Yann LeCun"'),
        ("LeCun Yann", 'author:"Yann LeCun"'),
        ("LeCun, Yann", 'author:"Yann LeCun"'),
        ('"Yann LeCun" maps', 'author:"Yann LeCun" maps'),
        ("lecun attention", 'author:"Yann LeCun" attention'),
        ("energy LeCun -survey", 'energy author:"Yann LeCun" -survey'),  # his papers come close
        ("Kaiming He", 'author:"Kaiming He"'),  # not "aiming He"
        ("Yann LeCun Kaiming He attention", 'author:"Yann LeCun" author:"Kaiming He" attention'),
        ("Yann LeCun atention", 'author:"Yann LeCun" attention'),
        ("Hinton", "author:Hinton"),  # of several people; not "hints"
    ],
)
async def test_a_name_typed_plainly_is_offered_as_an_author(search: Search, typed: str, meant: str) -> None:
    assert (await search.search(typed)).did_you_mean == meant
    assert format_query(parse(meant)) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "entrpy " * 9,  # pasted, not typed
        " ".join(["author:lecunn"] * 9),
        "adapters",  # enough papers have it
        "adapters sea",  # nothing has both, and both are written rightly
        "adaptrs entropy",  # nothing has both mended either
        "sound price",  # S. Price may be anybody
        "et al. maps",  # that is no "Alet", turned round
        "Geofrey Hinton",  # whoever that is, it is none of these
        "-adaptrs maps",  # nobody asked for it
        "zebra",
        'author:"Wei Wang"',
        "author:zebra",
        "",
    ],
)
async def test_nothing_is_offered_that_finds_no_more(search: Search, typed: str) -> None:
    assert (await search.search(typed)).did_you_mean is None


async def test_a_name_that_several_may_bear_stays_as_typed(search: Search) -> None:
    assert (await search.search("W. Wang")).did_you_mean == 'author:"W. Wang"'
