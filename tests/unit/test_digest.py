"""From a share to a message a person reads at a glance."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.editions.digest import SUMMARY_LIMIT, Occasion, card, digest, note, short_instant, summary_of
from bot.editions.share import Share
from bot.model import Edition, Pool, Schedule, Slot, SourceNote, Upstream, Window
from bot.view.doc import Doc, PaperCard, Section, from_json, to_json
from bot.view.plain import to_plain
from tests.unit.test_share import NOW, a_paper, destination, ranked, shelf

BERLIN = ZoneInfo("Europe/Berlin")
SLOT = Slot(date(2025, 11, 20), NOW)


def made(share: Share, edition: Edition, occasion: Occasion, **changes: object) -> Doc:
    papers = {number: a_paper(number) for number in share.papers}
    place = replace(
        destination(**changes), schedule=Schedule(NOW.time(), destination().schedule.days, "Europe/Berlin")
    )
    return digest(place, edition, share, papers, occasion)


def test_a_digest_names_its_day_its_papers_and_what_comes_next() -> None:
    shelf_ = shelf([(1, 57), (2, 40), (3, 30)])
    share = shelf_.share(destination(maximum=2), frozenset())
    occasion = Occasion(SLOT, listed_today=8, next_at=datetime(2025, 11, 21, 8, tzinfo=UTC))
    doc = made(share, shelf_.edition, occasion)
    text = to_plain(doc)
    assert text.startswith("Trending papers · Thu 20 Nov\n")
    assert "2 of 3 papers that are new here. 8 papers are on today's list so far" in text
    assert "Next: Fri 21 Nov 09:00 (Europe/Berlin)." in text
    assert doc.fallback == "Trending papers · Thu 20 Nov: Paper 1 on matter; Paper 2 on matter"
    assert from_json(to_json(doc)) == doc


def test_a_late_digest_and_an_upstream_that_is_down_are_said_first() -> None:
    shelf_ = shelf([(1, 57)])
    edition = replace(shelf_.edition, notes=(SourceNote(Upstream.HUGGING_FACE, NOW),))
    doc = made(shelf_.share(destination(), frozenset()), edition, Occasion(SLOT, late=True, listed_today=1))
    text = to_plain(doc)
    assert "This digest comes late: it was due Thu 20 Nov 10:00." in text
    assert (
        "Hugging Face could not be read since Thu 20 Nov 10:00; these are the papers known by then." in text
    )
    assert "1 paper is on today's list so far" in text


def test_the_two_pools_are_labelled_apart_and_numbered_through() -> None:
    shelf_ = shelf([(1, 57)], announced=[8])
    share = shelf_.share(destination(pool=Pool.BOTH), frozenset())
    doc = made(share, shelf_.edition, Occasion(SLOT))
    kinds = [
        block.spans[0].text if isinstance(block, Section) else block.number
        for block in doc.blocks
        if isinstance(block, Section | PaperCard)
    ]
    assert kinds == ["Trending", 1, "Newly announced on arXiv", 2]


def test_papers_that_wait_for_their_category_are_mentioned() -> None:
    shelf_ = shelf([(1, 57), (2, 40)], p2=a_paper(2, categories=None))
    share = shelf_.share(destination(query="cat:cs.CL"), frozenset())
    assert "1 more waits until arXiv says what it is about." in to_plain(
        made(share, shelf_.edition, Occasion(SLOT))
    )


def test_a_note_says_why_there_is_nothing() -> None:
    shelf_ = shelf([])
    doc = note(
        destination(), shelf_.edition, "Hugging Face lists no new papers on a Saturday.", Occasion(SLOT)
    )
    assert "No new papers for this place today. Hugging Face lists no new papers on a Saturday." in to_plain(
        doc
    )


def test_a_week_is_named_in_the_title() -> None:
    shelf_ = shelf([(1, 57)])
    edition = replace(shelf_.edition, ranking=replace(shelf_.edition.ranking, window=Window.WEEK))
    assert made(shelf_.share(destination(), frozenset()), edition, Occasion(SLOT)).fallback.startswith(
        "Trending papers of the week · Thu 20 Nov"
    )


def test_a_card_links_its_title_and_gives_reason_authors_organisation_and_code() -> None:
    paper = a_paper(1, organization="Google", code_url="https://github.com/a/b")
    shown = card(1, paper, ranked(1, 1, 57))
    assert (shown.title.text, shown.title.url) == ("Paper 1 on matter", "https://arxiv.org/abs/2511.00001")
    assert [fact.text for fact in shown.facts] == ["57 upvotes", "Ada Byron and Bo Li", "Google", "code"]
    assert shown.facts[-1].url == "https://github.com/a/b"


def test_an_announced_paper_shows_its_category_in_place_of_a_reason() -> None:
    assert [fact.text for fact in card(1, a_paper(1), None).facts] == ["Ada Byron and Bo Li", "cs.CL"]


def test_a_summary_is_named_for_what_it_is() -> None:
    by_ai = a_paper(1, ai_summary="It folds towels.", ai_summary_model="inkling")
    assert summary_of(by_ai) == ("It folds towels.", "Hugging Face's AI, inkling")
    assert summary_of(replace(by_ai, ai_summary_model=None)) == ("It folds towels.", "Hugging Face's AI")
    assert summary_of(a_paper(1)) == ("We study it.", "abstract")
    assert summary_of(a_paper(1, abstract="")) == ("", None)


def test_a_summary_is_short_and_ends_at_a_word() -> None:
    text, _ = summary_of(a_paper(1, ai_summary="many words " * 40))
    assert len(text) <= SUMMARY_LIMIT
    assert text.endswith(("words…", "many…"))


def test_instants_are_told_in_local_time_and_english() -> None:
    assert short_instant(NOW, BERLIN) == "Thu 20 Nov 10:00"
