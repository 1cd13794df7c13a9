"""`paperboy search`, `similar` and `index`: what people see and programs read."""

import io
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from bot.cli.indexing import bar, caught_up, tell
from bot.cli.indexing import show as show_state
from bot.cli.search import CLOSE, as_json, show, show_more, show_similar, warn_of_nothing
from bot.model import (
    AnnounceType,
    IdScheme,
    Outcome,
    Paper,
    PaperId,
    PaperReading,
    Poll,
    Signal,
    Upstream,
)
from bot.ports import Store
from bot.search.answer import Answer, Excerpt, Result, Tier
from bot.search.ports import IndexState, Progress, SearchIndex
from bot.search.query import parse
from tests.cli import Cli
from tests.servers.huggingface import HuggingFaceServer, daily_row

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)
ANSWER_KEYS = {"query", "total", "results", "more", "did_you_mean", "notes"}
RESULT_KEYS = {
    "id", "title", "authors", "published_at", "url", "tier", "score", "parts", "upvotes", "excerpt", "why",
    "found_by",
}  # fmt: skip
STATE_KEYS = {"papers", "vectors", "change", "newest", "behind", "bytes", "encoder", "following"}


# --- an answer, made by hand ---------------------------------------------------------------------


def a_result(number: int = 1, tier: Tier = Tier.MATCH, **more: Any) -> Result:
    paper = Paper(
        id=number,
        ids=(PaperId(IdScheme.ARXIV, f"2511.{number:05}"),),
        title="Reading Maps by Ear",
        abstract="A robot reads maps by ear. It arrives.",
        text_from=Upstream.ARXIV,
        authors=("Ada Lovelace", "Bo Li", "Cy Twombly"),
        published_at=NOON,
        first_seen_at=NOON,
        categories=None,
    )
    made = Result(
        paper=paper,
        tier=tier,
        score=0.75,
        parts={"words": 0.5, "meaning": 0.25},
        signals={Signal.UPVOTES: 57},
        title_marks=((8, 12),),
        excerpt=Excerpt("robot reads maps by ear.", ((12, 16),), cut_before=True, cut_after=True),
        why="In the title: maps.",
    )
    return replace(made, **more)


def an_answer(*results: Result, **more: Any) -> Answer:
    made = Answer(query=parse("maps -sea"), results=results, total=2, more=None, did_you_mean=None)
    return replace(made, **more)


def terminal(width: int = 60) -> tuple[Console, io.StringIO]:
    """A terminal of so many columns, and what it was sent."""
    sent = io.StringIO()
    console = Console(
        file=sent, width=width, force_terminal=True, color_system="truecolor", markup=False, emoji=False
    )
    return console, sent


def test_what_an_upstream_found_is_shown_behind_what_was_shown_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = an_answer(a_result(1))
    later = an_answer(
        a_result(1, found_by=(Upstream.HUGGING_FACE,)),
        a_result(2, Tier.CLOSE, found_by=(Upstream.HUGGING_FACE,)),
        notes=("arXiv could not be asked just now.",),
    )
    show_more(later, first)
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines[:3] == [
        "arXiv could not be asked just now.",
        "Also found by Hugging Face:",
        "  2. Reading Maps by Ear",
    ]
    assert not any(line.startswith("  1.") for line in lines)


def test_a_result_in_a_pipe_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    show(an_answer(a_result(1), a_result(2)))
    assert capsys.readouterr().out.splitlines()[:6] == [
        "2 papers match",
        "",
        "  1. Reading Maps by Ear",
        "     Ada Lovelace … Cy Twombly (3) · 20 Nov 2025 · 57 upvotes · https://arxiv.org/abs/2511.00001",
        "     … robot reads maps by ear. …",
        "     In the title: maps.",
    ]


def test_the_words_found_stand_out_at_a_terminal() -> None:
    console, sent = terminal()
    show(an_answer(a_result()), console=console)
    assert "\x1b[1m" in sent.getvalue()
    bold = [part.split("\x1b[0m")[0].split("\x1b\\")[0] for part in sent.getvalue().split("\x1b[1m")[1:]]
    assert [text for text in bold if text == "maps"] == [
        "maps"
    ]  # of the excerpt; the title's leads somewhere
    assert "\x1b]8;" in sent.getvalue()


@pytest.mark.parametrize("width", [30, 60, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    sent = io.StringIO()
    console = Console(file=sent, width=width, force_terminal=True, color_system=None)
    show(an_answer(a_result()), explain=True, console=console)
    plain = sent.getvalue()
    assert max(map(len, plain.splitlines())) <= width
    assert "Reading Maps" in plain


def test_what_only_comes_close_is_labelled_once(capsys: pytest.CaptureFixture[str]) -> None:
    close = [a_result(number, Tier.CLOSE) for number in (2, 3)]
    show(an_answer(a_result(1, Tier.EXACT), *close, total=1))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 paper matches"
    assert lines.count(CLOSE) == 1
    assert lines.index(CLOSE) < lines.index("  2. Reading Maps by Ear")
    assert lines.index(CLOSE) > lines.index("  1. Reading Maps by Ear")


def test_only_close_results_say_that_none_has_every_word(capsys: pytest.CaptureFixture[str]) -> None:
    show(an_answer(a_result(1, Tier.CLOSE), total=0))
    assert capsys.readouterr().out.splitlines()[:3] == ["No paper has every word.", "", CLOSE]


def test_notes_and_better_spellings_stand_above_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    show(an_answer(a_result(), did_you_mean="maps -see", notes=("It is still being built.",)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == ["Did you mean maps -see?", "It is still being built."]


def test_scores_are_explained_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    show(an_answer(a_result(), a_result(2, parts={}, score=1.0)), explain=True)
    printed = capsys.readouterr().out
    assert "\nRead as: maps -sea\n" in printed
    assert "     Score 0.750: words 0.500, meaning 0.250\n" in printed
    assert "     Score 1.000\n" in printed


def test_what_an_upstream_found_is_counted_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show(an_answer(a_result(found_by=(Upstream.HUGGING_FACE, Upstream.ARXIV)), total=0))
    printed = capsys.readouterr().out
    assert printed.startswith("1 paper matches\n")
    assert "found by Hugging Face and found by arXiv" in printed


def test_a_paper_of_which_little_is_known_is_shown_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    bare = replace(
        a_result().paper, ids=(PaperId(IdScheme.LOCAL, "0a1b"),), authors=(), published_at=None, abstract=""
    )
    empty = Excerpt("", (), cut_before=False, cut_after=False)
    show(an_answer(a_result(paper=bare, signals={}, excerpt=empty)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:] == ["     local:0a1b", "     In the title: maps."]


def test_similar_papers_are_not_called_close_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    show_similar(an_answer(a_result(1, Tier.CLOSE), notes=("It is still being built.",)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["Nearest in meaning", "It is still being built.", "", "  1. Reading Maps by Ear"]
    assert CLOSE not in lines


@pytest.mark.parametrize(
    ("answer", "stored", "later", "said"),
    [
        (an_answer(), 0, False, "Nothing was fetched yet. `paperboy run` or"),
        (an_answer(), 3, False, "Nothing was found among 3 stored papers. Fewer words,"),
        (an_answer(did_you_mean="moss"), 3, False, "Nothing was found. Did you mean moss?"),
        (an_answer(), 3, True, "There are no more papers."),
    ],
)
def test_nothing_found_says_what_may_help(
    capsys: pytest.CaptureFixture[str], answer: Answer, stored: int, later: bool, said: str
) -> None:
    warn_of_nothing(replace(answer, notes=("A note.",)), stored, later=later)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.endswith("\nA note.\n")


def test_of_a_named_paper_that_is_not_there_the_notes_alone_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    warn_of_nothing(an_answer(query=parse("2511.00009"), notes=("It is not stored here.",)), 3)
    assert capsys.readouterr().err == "It is not stored here.\n"


def test_hostile_text_steers_no_terminal_and_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\x9b31m\u202eevil\n  9. Forged [bold]maps[/]"
    paper = replace(a_result().paper, title=evil, authors=("\x1b]0;owned\x07Eve",))
    at = evil.index("maps")
    spoilt = a_result(
        paper=paper,
        title_marks=((at, at + 4),),
        excerpt=Excerpt(evil, ((0, 5),), cut_before=False, cut_after=False),
        why=evil,
    )
    show(an_answer(spoilt, did_you_mean=evil, notes=(evil,)), explain=True)
    printed = capsys.readouterr().out
    assert not set(printed) & set("\x1b\x9b\u202e\x07")
    assert "  1. [2J31mevil 9. Forged [bold]maps[/]\n" in printed
    assert not any(line.startswith("  9.") for line in printed.splitlines())


def test_the_keys_of_an_answer_that_programs_rely_on() -> None:
    shown = as_json(an_answer(a_result(found_by=(Upstream.ARXIV,)), more="7.10", did_you_mean="moss"))
    assert set(shown) == ANSWER_KEYS
    assert (shown["query"], shown["total"], shown["more"]) == ("maps -sea", 2, "7.10")
    (result,) = shown["results"]
    assert set(result) == RESULT_KEYS
    assert (result["id"], result["tier"], result["upvotes"]) == ("arxiv:2511.00001", "match", 57)
    assert result["parts"] == {"words": 0.5, "meaning": 0.25}
    assert result["found_by"] == ["arxiv"]
    assert result["excerpt"] == "robot reads maps by ear."


# --- the index, in words -------------------------------------------------------------------------


def a_state(**more: Any) -> IndexState:
    return replace(IndexState(14_486, 14_486, 20_000, 20_000, 7_612_345, "static-1", following=True), **more)


class SlowIndex:
    """What `caught_up` asks of an index: one that takes its changes in two steps."""

    def __init__(self, newest: int) -> None:
        self._newest = newest
        self.steps: list[IndexState] = []

    async def state(self) -> IndexState:
        return a_state(papers=0, change=0, newest=self._newest)

    async def catch_up(self, progress: Progress | None = None) -> IndexState:
        for change in (self._newest // 2, self._newest):
            self.steps.append(a_state(papers=change, change=change, newest=self._newest))
            if progress is not None:
                progress(self.steps[-1])
        return self.steps[-1]


@pytest.mark.parametrize("newest", [10, 10_000])
async def test_an_index_is_brought_up_to_date_before_it_is_asked(newest: int) -> None:
    index = SlowIndex(newest)
    state = await caught_up(cast("SearchIndex", index))  # which is asked for no more than that
    assert (state.behind, state.papers) == (0, newest)


def test_a_bar_shows_how_far_an_index_is() -> None:
    console, sent = terminal(80)
    with bar("Building the search index", console) as progress:
        progress(a_state(papers=5_000, change=7_000))
    assert "Building the search index · 5,000 papers" in sent.getvalue()


def test_how_an_index_stands_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    show_state(a_state())
    assert capsys.readouterr().out.splitlines() == [
        "  papers      14,486",
        "  vectors     14,486, made by static-1",
        "  size        7.61 MB",
        "  up to date  yes",
    ]
    show_state(a_state(change=19_999, vectors=0, encoder=None, bytes=512, following=False))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        "  vectors     0",
        "  size        512 bytes",
        "  up to date  1 change behind",
    ]


def test_problems_of_an_index_come_a_line_each_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    tell(["3 papers are missing.", "Its folder is half empty"])
    assert capsys.readouterr().out.splitlines() == [
        "Problem: 3 papers are missing.",
        "Problem: Its folder is half empty.",
        "2 problems found. `paperboy index rebuild` makes the index anew.",
    ]
    tell([])
    assert capsys.readouterr().out == "No problems found.\n"


# --- the commands, over a store and its index ----------------------------------------------------


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


# Nobody listens at port 9: no upstream is asked.
SILENT = {"HF_ENDPOINT": "http://127.0.0.1:9", "PAPERBOY_ARXIV": "off"}

STORED = {
    1: ("Reading Maps by Ear", "A robot listens to the street and draws a map of it."),
    2: ("Maps of the Deep Sea", "Sonar shows the ground of the ocean."),
    3: ("Folding Laundry", "Two arms learn to fold shirts."),
    4: ("Attention Is Enough for Shirts", "A transformer folds laundry with attention alone."),
}


@pytest.fixture
def stored(cli: Cli) -> Cli:
    """A store that holds four papers of one list."""
    readings = tuple(
        PaperReading(
            ids=(PaperId(IdScheme.ARXIV, f"2511.{number:05}"),),
            title=title,
            abstract=abstract,
            authors=("Ada Lovelace",),
            published_at=NOON,
            announce_type=AnnounceType.LISTED,
            signals={Signal.UPVOTES: 10 * number},
        )
        for number, (title, abstract) in STORED.items()
    )

    async def take_in(store: Store) -> None:
        poll = Poll(
            upstream=Upstream.HUGGING_FACE,
            subject="daily:2025-11-20",
            observed_at=NOON,
            outcome=Outcome.OK,
            readings=readings,
        )
        await store.papers.ingest(poll, NOON)

    cli.store(take_in)
    return cli


def matching(stored: Cli, line: str) -> list[str]:
    """The ids that a search finds among its matches."""
    answer = stored.json(line, **SILENT)
    return [one["id"].removeprefix("arxiv:2511.") for one in answer["results"] if one["tier"] != "close"]


def test_a_search_finds_what_was_stored(stored: Cli) -> None:
    lines = stored.ok("search maps", **SILENT).splitlines()
    assert lines[0] == "2 papers match"
    assert {"  1. Maps of the Deep Sea", "  2. Reading Maps by Ear"} & set(lines)
    assert "https://arxiv.org/abs/2511.00001" in "\n".join(lines)


def test_a_query_may_be_typed_in_several_words(stored: Cli) -> None:
    assert matching(stored, "search deep sea") == ["00002"]
    assert matching(stored, "search 'maps -ear'") == ["00002"]
    assert matching(stored, "search --json -- -maps -laundry") == []


def test_a_search_answers_programs(stored: Cli) -> None:
    answer = stored.json("search laundry", **SILENT)
    assert set(answer) == ANSWER_KEYS
    assert all(set(result) == RESULT_KEYS for result in answer["results"])
    assert answer["query"] == "laundry"


def test_the_next_page_is_a_command_that_shows_the_rest(stored: Cli) -> None:
    lines = stored.ok("search -n 1 maps", **SILENT).splitlines()
    assert lines[-1].startswith("More: paperboy search -n 1 --page ")
    command = lines[-1].removeprefix("More: paperboy ")
    first, second = lines, stored.ok(command, **SILENT).splitlines()
    numbered = [line for line in (*first, *second) if line.startswith(("  1. ", "  2. "))]
    assert [line[:5] for line in numbered] == ["  1. ", "  2. "], "the second page counts on"
    assert {line[5:] for line in numbered} == {"Reading Maps by Ear", "Maps of the Deep Sea"}


def test_an_id_or_a_link_finds_the_very_paper(stored: Cli) -> None:
    assert matching(stored, "search https://arxiv.org/abs/2511.00003v2") == ["00003"]
    assert matching(stored, "search 2511.00004") == ["00004"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("cat:nonsense", "arXiv has no category 'nonsense'."),
        ("author:", "author: needs a name right behind it"),
    ],
)
def test_a_mistake_in_the_query_is_one_sentence(stored: Cli, query: str, said: str) -> None:
    assert stored.fails(f"search {shlex.quote(query)}", 1, **SILENT).startswith(said)


def test_a_page_that_is_none_is_one_sentence(stored: Cli) -> None:
    assert "page" in stored.fails("search maps --page nonsense", 1, **SILENT)


def test_nothing_found_in_an_empty_store_says_how_to_fill_it(cli: Cli) -> None:
    done = cli.run("search maps", **SILENT)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("Nothing was fetched yet.")
    assert cli.json("search maps", **SILENT)["results"] == []


def test_where_an_operator_allows_it_an_upstream_searches_too_and_the_answer_says_so(stored: Cli) -> None:
    row = daily_row("2511.00077", "Maps for Bees", summary="Bees read maps.")
    with HuggingFaceServer({NOON.date(): [row]}).in_thread() as server:
        env = {"HF_ENDPOINT": server.url, "PAPERBOY_ARXIV": "off"}
        at_home = stored.json("search maps", **env)
        assert not server.asked
        abroad = stored.json("search maps", **env, PAPERBOY_LIVE_SEARCH="on")
        assert [one.query["q"] for one in server.asked] == ["maps"]
    assert at_home["notes"] == []
    assert any("Hugging Face" in note for note in abroad["notes"])
    brought = [one for one in abroad["results"] if one["found_by"]]
    assert [(one["id"], one["found_by"]) for one in brought] == [("arxiv:2511.00077", ["huggingface"])]


def test_similar_papers_are_found_by_id(stored: Cli) -> None:
    answer = stored.json("similar 2511.00003 --limit 2", **SILENT)
    names = [one["id"] for one in answer["results"]]
    assert len(names) <= 2
    assert "arxiv:2511.00003" not in names
    assert names[:1] == ["arxiv:2511.00004"]


def test_similar_to_what_nobody_knows_is_one_sentence(stored: Cli) -> None:
    assert "2511.09999" in stored.fails("similar 2511.09999", 1, **SILENT)
    assert stored.fails("similar laundry", 1, **SILENT)


def test_the_index_can_be_measured_checked_and_made_anew(stored: Cli) -> None:
    stored.ok("search maps", **SILENT)
    state = stored.json("index stats", **SILENT)
    assert set(state) == STATE_KEYS
    assert (state["papers"], state["behind"]) == (4, 0)
    assert stored.ok("index check", **SILENT) == "No problems found.\n"
    assert stored.json("index check", **SILENT) == {"problems": []}
    assert stored.ok("index rebuild", **SILENT).startswith("The search index was rebuilt: 4 papers, ")
    assert stored.json("index rebuild", **SILENT)["papers"] == 4
    assert matching(stored, "search deep sea") == ["00002"]


@pytest.mark.parametrize("line", ["index stats", "index check", "index rebuild"])
def test_an_index_of_no_database_is_not_made(cli: Cli, line: str) -> None:
    assert cli.fails(line, 1, **SILENT).startswith("There is no database ")
    assert not cli.database.exists()
