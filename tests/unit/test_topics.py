"""Topics, and the options that one surface alone has."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from bot.commands.channels import applied, check_posting, difference, posting_words
from bot.commands.model import Place
from bot.commands.registry import BY_NAME, COMMANDS, offered
from bot.commands.text import Reading, read_text
from bot.commands.topics import TOPICS, topic_of
from bot.commands.values import call_from_values
from bot.errors import InputError
from bot.model import EVERY_DAY, Destination, Layout, Posting, Route, Schedule
from bot.search.query import format_query, parse

PLAIN = (Layout.COMPACT, Layout.CARDS, Layout.THREAD)
ONE = Destination(
    id="d1",
    recipient_id="r1",
    name="discord:1/2",
    route=Route(surface="discord", address="1/2"),
    schedule=Schedule(time(9), EVERY_DAY, "UTC"),
    active_from=datetime(2026, 1, 1, tzinfo=UTC),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
ADD = BY_NAME["channel add"]
HERE = Place(surface="discord", tenant="1", address="1/2", name="#vision")


def changed(base: Destination, **values: str) -> Destination:
    return applied(base, call_from_values(BY_NAME["channel edit"], values), "discord:1")


def on_slack(text: str) -> Reading:
    return read_text(text, lambda command: offered(command, "slack", PLAIN))


@pytest.mark.parametrize(("name", "query"), TOPICS.items())
def test_every_topic_is_a_filter_that_is_known_again(name: str, query: str) -> None:
    normal = format_query(parse(query))
    assert topic_of(normal) == name
    assert topic_of(f"{normal} -survey") is None


def test_there_are_no_more_topics_than_any_surface_lets_choose_from() -> None:
    assert len(TOPICS) <= 25
    assert all(len(f"{name}: {query}") <= 100 for name, query in TOPICS.items())


def test_a_topic_fills_the_filter() -> None:
    vision = changed(ONE, topic="vision")
    assert vision.query == "cat:vision"
    assert changed(vision, topic="language").query == "cat:language"
    assert changed(vision, topic="everything").query == ""


def test_a_filter_that_is_written_wins_over_a_topic() -> None:
    vision = changed(ONE, topic="vision")
    assert changed(ONE, topic="vision", filter="cat:cs.CV -survey").query == "cat:cs.CV -survey"
    assert changed(vision, topic="vision", filter="").query == ""  # a form whose filter was emptied


def test_a_topic_that_is_chosen_in_a_form_wins_over_the_filter_that_stood_there() -> None:
    vision = changed(ONE, topic="vision")
    assert changed(vision, topic="language", filter="cat:vision").query == "cat:language"


def test_papers_are_shared_out_unless_they_may_repeat() -> None:
    shared = changed(ONE, repeats="no")
    assert (shared.group, changed(shared, max="3").group) == ("discord:1", "discord:1")
    assert changed(shared, repeats="yes").group == ""
    assert difference(ONE, shared) == "repeats from yes to no"


def test_what_is_posted_is_put_up_as_chosen_and_taken_away_again() -> None:
    forum = replace(ONE, posting=Posting(forum=True))
    put = changed(forum, mention="<@&4711>", tag="Papers  of the day", publish="yes")
    assert put.posting == Posting(mention="4711", publish=True, forum=True, tag="Papers of the day")
    assert changed(put, mention="none", tag="", publish="no").posting == forum.posting


@pytest.mark.parametrize("text", ["@researchers", "<@4711>", "<@&4711> <@&4712>", "4711x", "9" * 21])
def test_what_is_no_role_is_told(text: str) -> None:
    with pytest.raises(InputError, match="is no role"):
        changed(ONE, mention=text)


def test_how_messages_are_put_up_in_words() -> None:
    assert posting_words(Posting()) == ""
    assert posting_words(Posting(mention="Readers", publish=True)) == (
        "mentions Readers; published to those who follow the channel"
    )
    assert posting_words(Posting(forum=True, tag="papers")) == "each in a thread of the forum tagged papers"


def test_only_the_place_for_it_publishes_or_has_tags() -> None:
    check_posting(Posting(publish=True), replace(HERE, announcements=True))
    check_posting(Posting(forum=True, tag="papers"), replace(HERE, forum=True))
    with pytest.raises(InputError, match="Only an announcement channel publishes"):
        check_posting(Posting(publish=True), HERE)
    with pytest.raises(InputError, match="Only what is posted in a forum has a tag"):
        check_posting(Posting(tag="papers"), HERE)


def test_a_surface_has_the_options_of_its_own_and_the_layouts_that_it_shows() -> None:
    there = {one.name for one in offered(ADD, "slack", PLAIN).options}
    assert {one.name for one in ADD.options} - there == {"mention", "publish", "tag", "repeats"}
    assert offered(ADD, "slack", PLAIN).option("layout").choices == PLAIN
    assert offered(ADD, "discord", tuple(Layout)) == ADD
    assert all(offered(one, "slack", PLAIN) is one for one in COMMANDS if not one.name.startswith("channel "))


@pytest.mark.parametrize("name", [one.name for one in ADD.options if one.surface])
def test_an_option_of_another_surface_is_told_where_it_is_typed(name: str) -> None:
    reading = on_slack(f"channel add at=10:00 {name}=yes")
    assert reading.mistake == f"`channel add` has {name}= on Discord alone."
    assert dict(reading.values) == {"at": "10:00"}


def test_a_layout_of_another_surface_is_no_choice() -> None:
    assert on_slack("channel add layout=embeds").mistake == (
        "“embeds” is not among the choices. Choose compact, cards or thread."
    )
