"""Text behind the command's own name: what is called, and what is said of mistakes."""

import pytest

from bot.commands.registry import BY_NAME, COMMANDS, GROUPS
from bot.commands.text import format_call, read_text, read_values
from bot.commands.values import ValuesError, call_from_values
from bot.model import IdScheme, PaperId, Weekday


@pytest.mark.parametrize(
    ("name", "example"), [(command.name, example) for command in COMMANDS for example in command.examples]
)
def test_every_example_parses_to_its_command(name: str, example: str) -> None:
    reading = read_text(example)
    assert (reading.command.name, reading.mistake, reading.note) == (name, None, None)
    assert read_text(format_call(reading.command, reading.arguments)).arguments == reading.arguments


def test_nothing_typed_shows_today() -> None:
    assert read_text("  \n").command.name == "today"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("export controls", "`export` takes bibtex, ris, csv or json."),
        ("why do transformers hallucinate", "`why` takes a paper's id or link, such as 1706.03762."),
        ("save the whales", "`save` takes a paper's id or link, such as 1706.03762."),
        ("status quo bias", "`status` takes nothing more."),
        ("help me write", "`help` takes a command."),
        ("unsubscribe from newsletters", "`unsubscribe` takes its number in the list, or all."),
        ("settings of transformers", "`settings` takes options with their names, such as zone=…."),
        ("channel edit distance", "`channel edit` takes options with their names, such as at=…."),
        (
            "channel surfing",
            "`channel` is followed by add, show, edit, pause, resume, remove, preview, teach or team.",
        ),
        ("setings", "there is a command `settings`."),
    ],
)
def test_plain_words_win_and_it_is_said(text: str, note: str) -> None:
    reading = read_text(text)
    assert reading.command.name == "search"
    assert reading.arguments == {"query": text}
    assert reading.note == f"Searched for “{text}”; {note}"
    assert reading.mistake is None


@pytest.mark.parametrize(
    "text", ["flash attention", "1706.03762", "cat:cs.RO has:code", "at=9 in the morning"]
)
def test_what_is_no_command_is_a_search_without_a_word_about_it(text: str) -> None:
    reading = read_text(text)
    assert (reading.command.name, reading.arguments, reading.note) == ("search", {"query": text}, None)


@pytest.mark.parametrize(
    ("text", "command", "sentence"),
    [
        ("channel add at=25:00", "channel add", "'25:00' is not a time of day: it goes from 00:00 to 23:59."),
        ("channel add flor=3", "channel add", "`channel add` has no option “flor”. Did you mean floor=?"),
        (
            "channel edit max=3 cs.CL",
            "channel edit",
            "“cs.CL” belongs to no option of `channel edit`. A value with spaces needs quotes.",
        ),
        ("channel edit max=99", "channel edit", "99 is out of range: it goes from 1 to 20. Try 20."),
        (
            "channel edit max=many",
            "channel edit",
            "“many” is not a whole number. Write a number from 1 to 20.",
        ),
        ("channel edit layout=card", "channel edit", "“card” is not among the choices. Did you mean cards?"),
        (
            "channel edit layout=xyz",
            "channel edit",
            "“xyz” is not among the choices. Choose compact, cards, thread or embeds.",
        ),
        (
            "channel add filter='cat:cs.CL -survey",
            "channel add",
            "The quote behind filter= is never closed. Try filter='cat:cs.CL -survey'.",
        ),
        (
            "settings zone=berlin",
            "settings",
            "There is no time zone 'berlin'. Did you mean Europe/Berlin?",
        ),
        (
            "save",
            "save",
            "`save` needs a paper's id or link, such as 1706.03762. For example: `save 1706.03762`.",
        ),
    ],
)
def test_a_mistake_in_a_clear_command_is_told(text: str, command: str, sentence: str) -> None:
    reading = read_text(text)
    assert (reading.command.name, reading.mistake) == (command, sentence)


_LONG = "K7QX " * 50


@pytest.mark.parametrize(
    ("text", "command", "why"),
    [
        ("mail maya@example.org", "mail add", "`mail` is followed by add, confirm or stop."),
        ("mail ad maya@example.org", "mail add", "`mail` is followed by add, confirm or stop."),
        ("mail stop maya@example.org", "mail stop", "`mail stop` takes nothing more."),
        ("mail 123 456", "mail add", "`mail` is followed by add, confirm or stop."),
        ("account KQXA-MNPR", "account link", "`account` is followed by link or unlink."),
        ("account K7QX-2M4P", "account link", "`account` is followed by link or unlink."),
        (
            "account unlink discord K7QX-2M4P",
            "account unlink",
            "`account unlink` takes where the account is: slack, discord.",
        ),
    ],
)
def test_addresses_and_codes_are_never_searched_for(text: str, command: str, why: str) -> None:
    reading = read_text(text)
    more = "To search for these words, put `search` in front of them."
    assert (reading.command.name, reading.mistake) == (command, f"{why} {more}")


@pytest.mark.parametrize("name", ["mail add", "mail confirm", "account link"])
def test_nor_are_those_that_are_too_long(name: str) -> None:
    (option,) = BY_NAME[name].options
    for reading in (
        read_text(f"{name} {_LONG}"),
        read_values(BY_NAME[name], {option.name: _LONG}),
    ):
        assert (reading.command.name, reading.mistake) == (name, "That is longer than 200 characters.")


def test_a_mistake_in_a_query_is_told_with_the_right_form() -> None:
    mistake = read_text("search author:").mistake
    assert mistake is not None
    assert 'Try author:"Yann LeCun"' in mistake
    assert read_text("export author:").mistake == mistake


@pytest.mark.parametrize(
    "typed",
    [
        "filter='cat:cs.CL -survey' max=3",
        'max=3 filter="cat:cs.CL -survey"',
        "filter=“cat:cs.CL -survey” max=3",
        "filter=\N{LEFT SINGLE QUOTATION MARK}cat:cs.CL -survey\N{RIGHT SINGLE QUOTATION MARK} MAX=3",
        "filter=„cat:cs.CL -survey“ max=3",
    ],
)
def test_a_value_stands_in_whatever_quotes_phones_type(typed: str) -> None:
    reading = read_text(f"channel edit {typed}")
    assert reading.arguments == {"filter": "cat:cs.CL -survey", "max": 3}


def test_an_empty_filter_takes_it_away_and_other_empty_values_count_as_not_given() -> None:
    assert read_text("channel edit filter=").arguments == {"filter": ""}
    assert read_text("channel edit filter='' at=").arguments == {"filter": ""}


def test_a_query_is_kept_as_it_was_typed_around_its_options() -> None:
    reading = read_text('Subscribe "at=9 o\'clock"  OR author:"Y. LeCun" at=18:00 -survey days=mon,thu')
    assert reading.command.name == "subscribe"
    assert reading.arguments["query"] == '"at=9 o\'clock"  OR author:"Y. LeCun" -survey'
    assert reading.arguments["days"] == {Weekday.MON, Weekday.THU}


def test_a_word_that_looks_like_another_commands_option_belongs_to_the_query() -> None:
    assert read_text("subscribe E=mc2 floor=3").arguments["query"] == "E=mc2 floor=3"


def test_a_choice_that_is_not_meant_leaves_the_words_to_the_topic() -> None:
    assert read_text("trending weekly diffusion").arguments == {"window": "day", "topic": "weekly diffusion"}
    assert read_text("trending week week").arguments == {"window": "week", "topic": "week"}


@pytest.mark.parametrize(
    "text", ["paper arXiv: 1706.03762", "paper (1706.03762v3).", "PAPER arxiv.org/abs/1706.03762"]
)
def test_an_id_is_found_in_what_stands_around_it(text: str) -> None:
    assert read_text(text).arguments == {"paper": PaperId(IdScheme.ARXIV, "1706.03762")}


def test_what_is_missing_can_be_asked_for_by_a_form() -> None:
    reading = read_text("subscribe at=18:00")
    assert reading.missing
    assert reading.values == {"at": "18:00"}


def test_a_groups_name_alone_asks_for_help() -> None:
    for group in GROUPS:
        reading = read_text(group)
        assert (reading.command.name, reading.arguments) == ("help", {"topic": group})


def test_help_knows_every_command() -> None:
    assert set(BY_NAME["help"].option("topic").choices) == {*BY_NAME, *GROUPS}


def test_all_mistakes_of_a_form_are_told_at_once_by_field() -> None:
    with pytest.raises(ValuesError) as error:
        call_from_values(BY_NAME["subscribe"], {"at": "25:00", "days": "someday", "query": ""})
    assert set(error.value.by_option) == {"query", "at", "days"}


def test_a_query_that_no_button_could_carry_is_refused() -> None:
    mistake = read_text("search " + "word " * 300).mistake
    assert mistake == "That is longer than 1,000 characters. Fewer words find more."


def test_options_by_their_names_mean_what_text_means() -> None:
    for command in COMMANDS:
        for example in command.examples:
            typed = read_text(example)
            assert read_values(command, typed.values).arguments == typed.arguments


def test_plain_words_win_where_options_are_asked_for_by_name_too() -> None:
    reading = read_values(BY_NAME["paper"], {"paper": " flash attention "})
    assert (reading.command.name, reading.values) == ("search", {"query": "flash attention"})
    assert reading.note is not None
    assert reading.note.endswith("`paper` takes a paper's id or link, such as 1706.03762.")


def test_a_mistake_in_an_option_by_its_name_is_told() -> None:
    reading = read_values(BY_NAME["subscribe"], {"query": "rain", "at": "25:00"})
    assert reading.command.name == "subscribe"
    assert "25:00" in (reading.mistake or "")
    assert not reading.missing
    asked = read_values(BY_NAME["subscribe"], {"max": "7"})
    assert asked.missing
    assert asked.values == {"max": "7"}
