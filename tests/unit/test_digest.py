"""From a share to a message a person reads at a glance."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.commands.actions import Action
from bot.editions.cards import SUMMARY_LIMIT, Cards, card, summary_of
from bot.editions.digest import Occasion, digest, note, short_instant
from bot.editions.share import Share, Shelf
from bot.model import Edition, Pool, Schedule, Slot, SourceNote, Summaries, Upstream, Window
from bot.view.doc import Actions, Button, Doc, PaperCard, Section, from_json, to_json
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


# --- what can be done with a message -------------------------------------------------------------


def buttons(doc: Doc) -> tuple[Button, ...]:
    """Every button of a message, in the order in which it is read."""
    found: list[Button] = []
    for block in doc.blocks:
        if isinstance(block, Actions):
            found.extend(block.buttons)
        elif isinstance(block, PaperCard):
            found.extend(block.menu)
    return tuple(found)


def test_each_paper_has_its_menu_and_a_digest_at_most_three_buttons() -> None:
    shelf_ = shelf([(1, 57), (2, 40), (3, 30)])
    share = shelf_.share(destination(maximum=2), frozenset())
    doc = made(share, shelf_.edition, Occasion(SLOT))
    second = [block for block in doc.blocks if isinstance(block, PaperCard)][1]
    assert {button.label: button.action for button in second.menu} == {
        "Save paper 2": "save:arxiv:2511.00002",
        "Why paper 2 trends": "why:arxiv:2511.00002",
        "More like paper 2": "more:arxiv:2511.00002",
        "Hide paper 2 for me": "hide:arxiv:2511.00002",
        "Paper 2: not for this channel": "ban:d arxiv:2511.00002",
    }
    (row,) = [block for block in doc.blocks if isinstance(block, Actions)]
    assert {button.label: button.action for button in row.buttons} == {
        "Show the other paper": "others:3",
        "Search papers": "search:",
        "Change this digest": "form:channel edit d",
    }


def test_every_label_is_one_of_its_kind_and_every_action_can_be_read_back() -> None:
    shelf_ = shelf([(number, 99 - number) for number in range(1, 60)])
    doc = made(shelf_.share(destination(maximum=20), frozenset()), shelf_.edition, Occasion(SLOT))
    labels = [button.label for button in buttons(doc)]
    assert len(set(labels)) == len(labels) == 20 * 5 + 3
    assert all(label.isprintable() and len(label) <= 75 for label in labels)
    assert all(Action.read(button.action) is not None for button in buttons(doc))
    (others,) = [button for button in buttons(doc) if button.action.startswith("others:")]
    assert others.label == "Show 20 others"
    assert others.action == "others:" + ",".join(map(str, range(21, 41)))


def test_where_all_is_shown_there_are_no_others() -> None:
    shelf_ = shelf([(1, 57)])
    doc = made(shelf_.share(destination(), frozenset()), shelf_.edition, Occasion(SLOT))
    assert [button.label for button in buttons(doc)][-2:] == ["Search papers", "Change this digest"]


# --- what is true of today -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "today", "days", "said"),
    [
        (8, {1, 2}, 1, "2 of 8 listed so far today. Late risers come tomorrow."),
        (2, {1, 2}, 3, "All 2 listed so far today. Late risers come on Sunday."),
        (8, {1, 2}, 30, "2 of 8 listed so far today. Late risers come next time."),
        (8, {1}, 1, "2 of 3 papers that are new here. 8 papers are on today's list so far"),
        (1, {1, 2}, 1, "2 of 3 papers that are new here. 1 paper is on today's list so far"),
    ],
)
def test_how_much_of_today_was_shown_is_said_only_where_it_is_true(
    listed: int, today: set[int], days: int, said: str
) -> None:
    shelf_ = shelf([(1, 57), (2, 40), (3, 30)])
    share = shelf_.share(destination(maximum=2), frozenset())
    next_at = NOW + timedelta(days=days)
    occasion = Occasion(SLOT, listed_today=listed, today=frozenset(today), next_at=next_at)
    assert said in to_plain(made(share, shelf_.edition, occasion))


def test_papers_of_todays_list_are_known_by_their_first_list() -> None:
    day = date(2025, 11, 20)
    made_ = Shelf(
        shelf([(1, 57), (2, 40)]).edition,
        [],
        {1: a_paper(1), 2: a_paper(2)},
        list_days={1: day.toordinal(), 2: day.toordinal() - 1},
    )
    assert made_.listed_on(day) == {1}


def test_who_never_wants_an_ais_words_never_gets_them() -> None:
    paper = a_paper(1, ai_summary="It folds towels.")
    place = destination(summaries=Summaries.ABSTRACT)
    shelf_ = shelf([(1, 57)])
    share = shelf_.share(place, frozenset())
    cards = Cards({1: paper})
    doc = digest(place, shelf_.edition, share, {1: paper}, Occasion(SLOT), cards)
    assert "We study it. (abstract)" in to_plain(doc)
    assert "AI" not in to_plain(doc)
    others = digest(destination(), shelf_.edition, share, {1: paper}, Occasion(SLOT), cards)
    assert "It folds towels. (Hugging Face's AI)" in to_plain(others)
    assert "Summaries by Hugging Face's AI." in to_plain(others)


def test_stars_stand_with_the_code_in_words() -> None:
    paper = a_paper(1, code_url="https://github.com/a/b")
    for stars, text in ((None, "code"), (0, "code"), (1, "code, 1 star"), (1204, "code, 1,204 stars")):
        assert card(1, paper, None, stars=stars).facts[-1].text == text


def test_instants_are_told_in_local_time_and_english() -> None:
    assert short_instant(NOW, BERLIN) == "Thu 20 Nov 10:00"
