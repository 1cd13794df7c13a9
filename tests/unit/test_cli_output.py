"""What the command line prints: wrapped at a terminal, whole elsewhere, never steered by what it shows."""

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from rich.console import Console

from bot.cli.common import instant, local
from bot.cli.output import ReaderGoneError, counted, emit, facts, paragraph, print_json, say, table
from bot.cli.trending import Shown, show
from bot.errors import InputError, PaperboyError
from bot.model import Component, IdScheme, Paper, PaperId, Ranked, Ranking, Upstream, Window
from bot.ports import Coverage
from bot.view.doc import Span

HOSTILE = (
    "\x1b[31mred\x1b]0;owned\x07 \x9b2J [bold]x[/] :smile: \u202egnp.exe\u202c\nforged line\u2028another"
)
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
NOW = datetime(2025, 11, 20, 12, tzinfo=UTC)


@contextmanager
def terminal(width: int) -> Iterator[tuple[Console, io.StringIO]]:
    """A terminal of so many columns, and what it was sent."""
    sent = io.StringIO()
    yield (
        Console(
            file=sent, width=width, force_terminal=True, color_system="truecolor", markup=False, emoji=False
        ),
        sent,
    )


def visible(sent: str) -> str:
    """What is left of a terminal's input without the sequences that steer it."""
    return re.sub(r"\x1b\]8;[^\x1b]*\x1b\\|\x1b\[[0-9;]*m", "", sent)


def captured(work: object) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        assert callable(work)
        work()
    return out.getvalue()


# --- people elsewhere than at a terminal ---------------------------------------------------------


def test_away_from_a_terminal_a_paragraph_is_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    paragraph(Span("word " * 100 + "end", "https://example.org", strong=True), first="  1. ")
    out = capsys.readouterr().out
    assert out == "  1. " + "word " * 100 + "end\n"


def test_hostile_text_becomes_one_harmless_line(capsys: pytest.CaptureFixture[str]) -> None:
    paragraph(Span(HOSTILE))
    out = capsys.readouterr().out
    assert out == "[31mred]0;owned 2J [bold]x[/] :smile: gnp.exe forged line another\n"


def test_say_keeps_what_could_steer_a_terminal_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    assert not STEERING.search(capsys.readouterr().out)


def test_a_table_in_a_pipe_breaks_no_cell_and_has_no_empty_edges(capsys: pytest.CaptureFixture[str]) -> None:
    long = "https://example.org/" + "a" * 300
    table(["name", "address"], [["one", long], ["[red]two[/]\nx", ""]])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "address"]
    assert lines[2].split() == ["one", long]
    assert lines[3] == "[red]two[/] x"
    assert len(lines) == 4


def test_facts_stand_in_two_columns_without_the_empty_ones(capsys: pytest.CaptureFixture[str]) -> None:
    facts([("a", "1"), ("longer", "2"), ("none", "")])
    assert capsys.readouterr().out == "  a       1\n  longer  2\n"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 tries"), (1, "1 try"), (2, "2 tries"), (1234, "1,234 tries")]
)
def test_numbers_agree_with_their_nouns(number: int, words: str) -> None:
    assert counted(number, "try", "tries") == words


def test_the_plural_is_made_with_an_s_unless_it_is_named() -> None:
    assert counted(2, "paper") == "2 papers"


# --- programs ----------------------------------------------------------------------------------


def test_json_is_lossless_and_cannot_steer_a_terminal() -> None:
    value = {"title": HOSTILE + "ü 中 \ud800", "at": NOW.astimezone(timezone(timedelta(hours=1)))}
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out):
        print_json({**value, "day": date(2025, 11, 20), "names": frozenset({"b", "a"})})
    printed = out.buffer.getvalue().decode()
    assert not STEERING.search(printed)
    assert "ü 中" in printed
    assert json.loads(printed) == {
        "title": value["title"],
        "at": "2025-11-20T12:00:00+00:00",
        "day": "2025-11-20",
        "names": ["a", "b"],
    }


def test_json_goes_through_an_encoding_that_lacks_its_letters() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with redirect_stdout(out):
        print_json({"title": "Über 中文"})
    assert json.loads(out.buffer.getvalue()) == {"title": "Über 中文"}


# --- a terminal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 80, 119])
def test_at_a_terminal_a_paragraph_is_wrapped_with_an_indent(width: int) -> None:
    with terminal(width) as (console, sent):
        paragraph(Span("中文 words and words " * 20), first="  1. ", console=console)
    lines = visible(sent.getvalue()).splitlines()
    assert len(lines) > 1
    assert lines[0].startswith("  1. 中文")
    assert all(line.startswith("     ") and not line.startswith("      ") for line in lines[1:])
    assert all(len(line) + line.count("中") + line.count("文") <= width for line in lines)


def test_lines_are_no_wider_than_is_good_to_read() -> None:
    with terminal(300) as (console, sent):
        paragraph(Span("word " * 100), console=console)
    assert max(map(len, visible(sent.getvalue()).splitlines())) <= 120


def test_at_a_terminal_only_our_own_sequences_come_out() -> None:
    with terminal(80) as (console, sent):
        paragraph(Span(HOSTILE, "https://arxiv.org/abs/1", strong=True), console=console)
        paragraph(Span("a", "https://evil.example/\x1b]0;x\x07"), console=console)
        paragraph(Span("b", "javascript:alert(1)"), console=console)
    assert "\x1b]8;id=" in sent.getvalue()
    assert "https://arxiv.org/abs/1" in sent.getvalue()
    assert "evil" not in sent.getvalue()
    assert "javascript" not in sent.getvalue()
    shown = visible(sent.getvalue())
    assert not STEERING.search(shown)
    assert "[bold]x[/] :smile:" in shown


def a_paper(number: int, title: str) -> Paper:
    return Paper(
        id=number,
        ids=(PaperId(IdScheme.ARXIV, f"2511.0000{number}"),),
        title=title,
        abstract="It is good. It is long.",
        text_from=Upstream.HUGGING_FACE,
        authors=("Ada Byron",),
        published_at=None,
        first_seen_at=NOW,
        categories=("cs.CL",),
        code_url="https://github.com/ada/engine",
    )


def a_ranking(*titles: str) -> Shown:
    papers = {number: a_paper(number, title) for number, title in enumerate(titles, 1)}
    entries = tuple(
        Ranked(
            number,
            number,
            paper.key,
            9.0,
            (Component("upvotes", 9, 9.0),),
            ("9 upvotes when first seen", "+4 stars"),
            new=True,
        )
        for number, paper in papers.items()
    )
    ranking = Ranking(Window.WEEK, NOW, NOW - timedelta(days=7), entries)
    return Shown(ranking, papers, Coverage(len(papers), None, None, 0))


def test_a_ranking_in_a_pipe_has_its_reasons_and_the_origin_of_each_summary() -> None:
    assert captured(lambda: show(a_ranking("A Title"))) == (
        "Trending papers of the week · as of Thu 20 Nov 2025 12:00 UTC\n"
        "first listed, or risen, since Thu 13 Nov 12:00 UTC\n"
        "\n"
        "  1. A Title\n"
        "     It is good. [abstract]\n"
        "     9 upvotes when first seen; +4 stars\n"
        "     Ada Byron · https://arxiv.org/abs/2511.00001 · https://github.com/ada/engine\n"
    )


def test_at_a_terminal_titles_are_bold_links() -> None:
    with terminal(80) as (console, sent):
        show(a_ranking("A Title", HOSTILE), console)
    first = next(line for line in sent.getvalue().splitlines() if "A Title" in line)
    assert re.search(r"\x1b\]8;id=\d+;https://arxiv.org/abs/2511.00001\x1b\\\x1b\[1mA Title", first)
    assert not STEERING.search(visible(sent.getvalue()))


def test_a_paper_that_was_merged_meanwhile_is_left_out() -> None:
    shown = a_ranking("One", "Two")
    del shown.papers[1]
    assert [paper.title for _, paper in shown.entries] == ["Two"]


# --- the way out -----------------------------------------------------------------------------


class Broken(io.StringIO):
    """A stream whose other end is gone, or full."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def write(self, _text: str) -> int:
        raise self._error


def test_a_reader_that_is_gone_is_no_failure() -> None:
    with redirect_stdout(Broken(BrokenPipeError())), pytest.raises(ReaderGoneError):
        emit("x")


def test_a_full_disk_behind_standard_output_is_told() -> None:
    with (
        redirect_stdout(Broken(OSError(28, "No space left on device"))),
        pytest.raises(
            PaperboyError, match=r"^Standard output cannot be written \(No space left on device\)\.$"
        ),
    ):
        emit("x")


def test_standard_output_is_left_as_it_was() -> None:
    before = sys.stdout
    captured(say)
    assert sys.stdout is before


# --- instants --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2025-11-20", datetime(2025, 11, 20, 23, 59, 59, tzinfo=UTC)),
        (" 2025-11-20T09:00 ", datetime(2025, 11, 20, 9, tzinfo=UTC)),
        ("2025-11-20 09:00:30", datetime(2025, 11, 20, 9, 0, 30, tzinfo=UTC)),
        ("2025-11-20T09:00+01:00", datetime(2025, 11, 20, 8, tzinfo=UTC)),
        ("2025-11-20T09:00Z", datetime(2025, 11, 20, 9, tzinfo=UTC)),
    ],
)
def test_instants_are_read_as_people_type_them(text: str, meant: datetime) -> None:
    assert instant(text) == meant


@pytest.mark.parametrize("text", ["", "yesterday", "2025-02-30", "25:00", "9999-12-31T23:59-12:00", "1e9"])
def test_what_is_no_instant_is_told_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=r"is no instant\. Write it like 2025-11-20"):
        instant(text)


def test_instants_are_shown_by_the_clocks_of_the_place() -> None:
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert local(at, "Europe/Berlin", at) == "Tue 24 Nov 09:00"
    assert local(at, "Europe/Berlin") == "Tue 24 Nov 2026 09:00"
    assert local(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Europe/Berlin", at) == "Fri 1 Jan 2027 00:30"
