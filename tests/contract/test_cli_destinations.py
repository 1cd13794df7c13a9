"""`paperboy destination`: what it says to people, what to programs, and what it refuses."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.model import (
    NewDelivery,
    PlannedSlot,
    QuietReason,
    Slot,
    SlotOutcome,
    SlotRecord,
)
from bot.ports import Store
from bot.schedule.growth import TABLE_TIMES
from bot.view.doc import Doc, PaperCard, Span, to_json
from tests.cli import Cli
from tests.polls import daily

HOOK = "https://hooks.example.org/secret/path"
SETTINGS_KEYS = {
    "name", "id", "state", "state_by", "state_at", "surface", "address", "at", "days", "zone", "filter",
    "pool", "window", "maximum", "floor", "layout", "quiet_day", "posting", "group", "feed", "created_at",
    "next_at",
}  # fmt: skip
SLOT_KEYS = {"local_date", "at", "outcome", "late", "reason", "detail", "delivery", "delivery_state"}
DIGEST = to_json(
    Doc((PaperCard(1, "arxiv:2511.1", Span("One")), PaperCard(2, "arxiv:2511.2", Span("Two"))), "x")
)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


def next_line(printed: str) -> str:
    return next(line for line in printed.splitlines() if "Next digest" in line)


# --- adding and changing -------------------------------------------------------------------------


def test_adding_says_where_when_and_what_comes_next_in_its_own_zone(cli: Cli) -> None:
    printed = cli.ok("destination add berlin console --at 9:30 --days daily --zone europe/berlin")
    assert printed.startswith("Added berlin: console, daily at 09:30 (Europe/Berlin).\n")
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    coming = now.date() + timedelta(days=now.time() >= time(9, 30))
    assert f" {coming.day} " in next_line(printed)
    assert next_line(printed).endswith(" 09:30 (Europe/Berlin).")


def test_adding_a_webhook_shows_its_secret_and_hides_its_path(cli: Cli) -> None:
    printed = cli.ok(f"destination add hooked {HOOK}")
    assert "https://hooks.example.org," in printed
    assert "whsec_" in printed
    assert "secret/path" not in printed
    assert "secret/path" not in cli.ok("destination show hooked") + cli.ok("destination list")


def test_a_new_destination_has_the_zone_of_the_settings_and_everything_at_its_default(cli: Cli) -> None:
    made = cli.json("destination add plain console", PAPERBOY_TIMEZONE="Asia/Tokyo")
    assert {key: made[key] for key in SETTINGS_KEYS - {"id", "created_at", "next_at"}} == {
        "name": "plain", "state": "active", "state_by": None, "state_at": None, "surface": "console",
        "address": "console", "at": "09:00", "days": ["mon", "tue", "wed", "thu", "fri"],
        "zone": "Asia/Tokyo", "filter": "", "pool": "trending", "window": "day", "maximum": 5, "floor": 0,
        "layout": "compact", "quiet_day": "silent", "group": "", "feed": False,
        "posting": {"mention": "", "publish": False, "forum": False, "tag": ""},
    }  # fmt: skip


def test_every_option_is_taken(cli: Cli) -> None:
    made = cli.json(
        "destination add full console --at '8 pm' --days tue,thu --zone UTC --filter 'cat:cs.CL  -survey' "
        "--pool both --window month --max 25 --floor 10 --layout cards --quiet-day note"
    )
    wanted = {
        "at": "20:00", "days": ["tue", "thu"], "zone": "UTC", "filter": "cat:cs.CL -survey", "pool": "both",
        "window": "month", "maximum": 25, "floor": 10, "layout": "cards", "quiet_day": "note",
    }  # fmt: skip
    assert {key: made[key] for key in wanted} == wanted


def test_a_channel_in_discord_is_told_how_digests_are_put_up_there(cli: Cli) -> None:
    role, tag = "81234567890123456", "91234567890123456"
    made = cli.json(
        "destination add papers discord:1112223334445556667/2223334445556667778 --layout embeds "
        f"--mention '<@&{role}>' --publish --forum --tag {tag}"
    )
    assert (made["surface"], made["address"]) == (
        "discord",
        "discord:1112223334445556667/2223334445556667778",
    )
    assert made["posting"] == {"mention": role, "publish": True, "forum": True, "tag": tag}
    shown = cli.ok("destination show papers")
    assert f"mentions role {role}; published to who follows; a post in the forum; tag {tag}" in " ".join(
        shown.split()
    )
    changed = cli.json("destination edit papers --mention none --no-publish")
    assert changed["posting"] == {"mention": "", "publish": False, "forum": True, "tag": tag}


def test_a_feed_is_made_only_where_it_is_wanted_and_its_address_is_told(cli: Cli) -> None:
    made = cli.json("destination add open console --feed")
    assert made["feed"]
    where = f"/channel/{made['id']}.atom, or .json."
    printed = cli.ok("destination show open", PAPERBOY_PUBLIC_URL="https://papers.example.org")
    assert f"can follow it as a feed: https://papers.example.org{where}" in " ".join(printed.split())
    assert f"on Paperboy's web page: {where}" in " ".join(cli.ok("destination edit open --max 3").split())
    assert "switched the web page off" in " ".join(
        cli.ok("destination show open", PAPERBOY_WEB="off").split()
    )
    assert "feed" not in cli.ok("destination edit open --no-feed")
    assert cli.fails("destination edit open --feed --pool subscriptions") == (
        "What a person subscribed to is theirs alone: it has no feed."
    )


def test_one_day_a_week_looks_back_a_week_unless_told_otherwise(cli: Cli) -> None:
    assert cli.json("destination add weekly console --days fri")["window"] == "week"
    assert cli.json("destination add daily console --days fri --window day")["window"] == "day"


def test_the_same_people_are_told_of_no_paper_twice(cli: Cli) -> None:
    cli.ok("destination add one console")
    assert cli.json("destination add two console --same-as one")["same_as"] == ["one"]
    assert cli.json("destination show one")["same_as"] == ["two"]
    assert "same as  two" in cli.ok("destination show one")


def test_editing_changes_what_is_named_and_nothing_else(cli: Cli) -> None:
    before = cli.json(f"destination add team {HOOK} --filter robots --floor 3")
    printed = cli.ok("destination edit team --rename crew --at 17:00 --floor 0")
    assert printed.startswith("Changed crew: https://hooks.example.org, weekdays at 17:00 (UTC).\n")
    after = cli.json("destination show crew")
    changed = {key for key in SETTINGS_KEYS if before[key] != after[key]}
    assert changed - {"next_at"} == {"name", "at", "floor"}
    assert cli.json("destination edit crew --route console")["surface"] == "console"


def test_an_edit_that_names_nothing_says_so(cli: Cli) -> None:
    cli.ok("destination add team console")
    assert cli.fails("destination edit team") == (
        "Say what to change: `paperboy destination edit --help` lists what can be."
    )


def test_the_next_digest_after_an_edit_is_not_on_a_day_that_was_served(cli: Cli) -> None:
    cli.ok("destination add team console --days daily --at 0:00")
    today = datetime.now(UTC).date()

    async def serve_today(store: Store) -> None:
        found = await store.destinations.by_name("team")
        assert found is not None
        at = datetime.combine(today, time(0), UTC)
        record = SlotRecord(
            destination_id=found.id, slot=Slot(today, at), outcome=SlotOutcome.QUIET, recorded_at=at
        )
        await store.destinations.plan([PlannedSlot(record)])

    cli.store(serve_today)
    changed = cli.json("destination edit team --at 23:59")
    assert changed["next_at"] == f"{today + timedelta(days=1)}T23:59:00+00:00"


# --- how much is usually up ------------------------------------------------------------------------


def test_choosing_a_time_tells_how_much_is_usually_up_by_then(cli: Cli) -> None:
    async def watch(store: Store) -> None:
        for age in range(1, 8):
            day = datetime.now(UTC).date() - timedelta(days=age)
            for hour, papers in ((0, 0), (6, 2), (12, 3), (18, 4)):
                at = datetime.combine(day, time(hour, 1), UTC)
                poll = daily(day, at, {100 * age + number: 1 for number in range(papers)})
                await store.papers.ingest(poll, at)

    cli.store(watch)
    printed = cli.ok("destination add team console --at 9:00")
    found = [line for line in printed.splitlines() if "usually" in line]
    assert found[0].startswith("At 09:00 UTC usually 50 % of the day's list is up (")
    through = next(line for line in printed.splitlines() if line.startswith("Through the day: "))
    assert through.count(" % · ") == len(TABLE_TIMES) - 1
    assert "06:00 0 % · 08:00 50 % · 10:00 50 % · 12:00 50 % · 14:00 75 %" in through
    assert "usually" not in cli.ok("destination add listed console --pool announced")


def test_too_few_watched_lists_say_nothing_of_what_is_usual(cli: Cli) -> None:
    printed = cli.ok("destination add team console")
    assert "usually" not in printed
    assert "Through the day" not in printed


# --- looking ---------------------------------------------------------------------------------------


def test_the_keys_that_programs_rely_on(cli: Cli) -> None:
    made = cli.json(f"destination add team {HOOK}")
    assert set(made) == SETTINGS_KEYS | {"secret", "same_as", "slots"}
    assert made["secret"].startswith("whsec_")
    assert set(cli.json("destination show team")) == set(made)
    (listed,) = cli.json("destination list")
    assert set(listed) == SETTINGS_KEYS
    assert listed == {key: made[key] for key in SETTINGS_KEYS}


def test_an_empty_list_says_how_to_make_one(cli: Cli) -> None:
    assert cli.ok("destination list") == (
        "No destinations yet. `paperboy destination add NAME console` makes one.\n"
    )
    assert cli.json("destination list") == []


def test_a_card_shows_all_there_is_to_know(cli: Cli) -> None:
    cli.ok("destination add team console --days mon-thu --zone Europe/Berlin --floor 1 --quiet-day risers")
    lines = cli.ok("destination show team").splitlines()
    assert lines[0] == "team · active"
    shown = dict(line.strip().split("  ", 1) for line in lines[1 : lines.index("")])
    assert {name: value.strip() for name, value in shown.items() if name not in {"id", "added", "next"}} == {
        "goes to": "console",
        "when": "mon-thu at 09:00 (Europe/Berlin)",
        "papers": "trending papers of the day, at most 5, none with fewer than 1 upvote",
        "filter": "everything",
        "looks": "compact; the week's risers on a day without papers",
    }
    assert shown["next"].endswith(" 09:00 (Europe/Berlin)")
    assert lines[-1] == "No appointment has passed yet."


def test_what_became_of_the_last_appointments_is_shown_with_the_reason(cli: Cli) -> None:
    cli.ok("destination add team console --days daily")

    async def pass_some(store: Store) -> None:
        found = await store.destinations.by_name("team")
        assert found is not None
        at = datetime(2020, 11, 20, 9, tzinfo=UTC)
        record = SlotRecord(
            destination_id=found.id,
            slot=Slot(at.date(), at),
            outcome=SlotOutcome.QUIET,
            reason=QuietReason.NO_MATCH,
            detail="None of the 12 papers matched the filter.",
            recorded_at=at,
        )
        later = at + timedelta(days=1)
        delivery = NewDelivery(
            id="d1", key="k1", destination_id=found.id, recipient_id=found.recipient_id, route=found.route,
            doc=DIGEST, papers=(), deliver_by=later + timedelta(hours=6),
        )  # fmt: skip
        queued = SlotRecord(
            destination_id=found.id,
            slot=Slot(later.date(), later),
            outcome=SlotOutcome.QUEUED,
            delivery_id="d1",
            recorded_at=later,
        )
        await store.destinations.plan([PlannedSlot(record), PlannedSlot(queued, delivery)])

    cli.store(pass_some)
    assert (
        cli.ok("destination show team").splitlines()[-3:]
        == [
            "Last appointments:",
            "  Sat 21 Nov 2020 09:00  digest of 2 papers waiting to be sent",
            "  Fri 20 Nov 2020 09:00  no digest: None of the 12 papers matched the filter.",
        ]
        or datetime.now(UTC).year == 2025
    )
    slots = cli.json("destination show team")["slots"]
    assert [set(slot) for slot in slots] == [SLOT_KEYS, SLOT_KEYS]
    assert slots[0]["delivery_state"] == "pending"
    assert slots[1]["reason"] == "no_match"
    assert slots[1]["local_date"] == "2020-11-20"


# --- states --------------------------------------------------------------------------------------


def test_a_pause_tells_by_whom_and_since_when(cli: Cli) -> None:
    cli.ok("destination add 'my team' console --zone Europe/Berlin")
    resume = "paperboy destination resume 'my team'"
    assert (
        cli.ok("destination pause 'my team'")
        == f"my team is paused. `{resume}` goes on, without a backlog.\n"
    )
    card = cli.ok("destination show 'my team'")
    since = datetime.now(ZoneInfo("Europe/Berlin"))
    assert card.startswith("my team · paused by the command line since ")
    assert f" {since.day} " in card.splitlines()[0]
    assert f"none while paused; `{resume}` goes on" in card
    shown = cli.json("destination show 'my team'")
    assert (shown["state"], shown["state_by"], shown["next_at"]) == ("paused", "the command line", None)
    assert cli.fails("destination pause 'my team'").startswith("my team is paused by the command line since ")
    printed = cli.ok("destination resume 'my team'")
    assert printed.startswith("my team goes on. Next digest: ")
    assert printed.endswith(" 09:00 (Europe/Berlin).\n")
    assert cli.fails("destination resume 'my team'") == "my team is active already."


def test_pausing_and_resuming_print_how_it_stands_for_programs(cli: Cli) -> None:
    cli.ok("destination add team console")
    assert cli.json("destination pause team")["state"] == "paused"
    assert cli.json("destination resume team")["state"] == "active"


def test_what_was_removed_is_gone_from_sight_but_not_from_the_record(cli: Cli) -> None:
    cli.ok("destination add team console")
    assert cli.ok("destination remove team") == (
        "team was removed. Its record stays: `paperboy destination list --removed` shows it.\n"
    )
    assert "There is no destination 'team'" in cli.fails("destination show team")
    assert cli.json("destination list") == []
    (listed,) = cli.json("destination list --removed")
    assert (listed["state"], listed["state_by"]) == ("removed", "the command line")
    cli.ok("destination add team console")
    assert len(cli.json("destination list --removed")) == 2


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("show nobody", "There is no destination 'nobody'. `paperboy destination list` shows them."),
        ("pause nobody", "There is no destination 'nobody'. `paperboy destination list` shows them."),
        ("preview nobody", "There is no destination 'nobody'. `paperboy destination list` shows them."),
        ("add x console --same-as nobody", "There is no destination 'nobody'."),
        ("add x console --filter 'cat:nope'", "arXiv has no category 'nope'."),
        ("add x console --filter 'cat:'", "cat: needs a category right behind it"),
        ("add x console --zone CEST", "CEST is an abbreviation, not a time zone"),
        ("add x console --zone Mars/Base", "There is no time zone 'Mars/Base'."),
        ("add x console --at 25:00", "'25:00' is not a time of day: it goes from 00:00 to 23:59."),
        ("add x console --days funday", "'funday' is not a day of the week. Did you mean sunday?"),
        (
            "add x fax",
            "'fax' is nowhere to send to. Write `console`, a webhook's https address, slack:TEAM/CHANNEL, ",
        ),
        ("add x discord:nowhere", "A place in Discord is written as "),
        ("edit team --mention everyone", "'everyone' is no id of a role."),
        ("edit team --tag 12", "'12' is no id of a tag."),
        ("add x ftp://example.org", "A webhook's address begins with https:// or http://."),
        ("add ' ' console", "A name has 1 to 80 printable characters."),
        (f"add {'n' * 81} console", "A name has 1 to 80 printable characters."),
        ("edit team --rename ''", "A name has 1 to 80 printable characters."),
        ("add team console", "There already is a destination named 'team'."),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence_and_changes_nothing(cli: Cli, line: str, said: str) -> None:
    before = cli.json("destination add team console")
    assert cli.fails(f"destination {line}").startswith(said)
    assert cli.json("destination list") == [{key: before[key] for key in SETTINGS_KEYS}]


def test_without_a_key_to_sign_with_no_webhook_is_stored(cli: Cli) -> None:
    cli.home.mkdir()
    (cli.home / "secret.key").write_text("too short\n")
    said = cli.fails(f"destination add team {HOOK}", status=2, PAPERBOY_SECRET_KEY="")
    assert "secret.key holds no whole key" in said
    assert cli.json("destination list") == []


# --- teaching ------------------------------------------------------------------------------------


def test_a_file_of_papers_teaches_a_destination(cli: Cli, tmp_path: Path) -> None:
    cli.ok("destination add team console")

    async def listed(store: Store) -> None:
        at = datetime(2025, 11, 20, 9, tzinfo=UTC)
        await store.papers.ingest(daily(at.date(), at, {1: 5, 2: 9}), at)

    cli.store(listed)
    file = tmp_path / "library.bib"
    file.write_text(
        "@misc{a, title={One}, eprint={2511.00001}}\n@misc{b, title={PAPER 2 on matter}}\n"
        "@misc{c, title={C}}\n@misc{d, title={D"
    )
    assert cli.ok(f"destination teach team {file}").splitlines() == [
        "Found 2 papers; team has 2 examples now.",
        "Not stored here, and so left out: “C”.",
        "1 entry could not be read: not whole, or with neither an id nor a title.",
    ]
    assert cli.json(f"destination teach team {file}") == {
        "examples": 2,
        "found": 2,
        "unknown": 1,
        "words": 0,
        "unread": 1,
        "beyond": 0,
    }
    file.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read as text" in cli.fails(f"destination teach team {file}")
    file.write_text("nothing of the kind")
    assert "names no paper" in cli.fails(f"destination teach team {file}")
