"""Every command once, as it is typed, over the real store and search."""

from dataclasses import dataclass

import pytest

from bot.commands.model import Place
from bot.commands.registry import BY_NAME, COMMANDS
from bot.commands.table import FORMS, HANDLERS
from bot.commands.text import read_text
from tests.contract.commands import DIRECT, HERE, World, buttons_of, text_of


@dataclass(frozen=True)
class Case:
    """One use of a command and what it must say; `before` are commands that were typed earlier."""

    text: str
    says: tuple[str, ...]
    before: tuple[str, ...] = ()
    place: Place = HERE
    buttons: tuple[str, ...] = ()


CASES = (
    Case(
        "today",
        (
            "Trending papers · Thu 20 Nov",
            "7 papers are on today's list",
            "Attention in Small Places",
            "/papers help",
        ),
        buttons=("Show the other 2", "Search papers"),
    ),
    Case("trending week", ("Trending papers of the week", "First listed, or risen, since Thu 13 Nov 13:00")),
    Case(
        "trending day cat:cs.RO",
        ("“cat:cs.RO”", "1. Low-Rank Adapters for Maps"),
        buttons=("Search all papers for it", "Subscribe to it"),
    ),
    Case(
        "search flash attention",
        ("1 paper matches “flash attention”", "Kernels for Flash Attention", "Close, but not every word"),
        buttons=("Share with all here", "Subscribe to it"),
    ),
    Case(
        "export controls",
        ("Searched for “export controls”; `export` takes bibtex, ris, csv or json.",),
    ),
    Case(
        "paper 2511.00002",
        (
            "Low-Rank Adapters for Maps",
            "Ada Byron, Bo Li",
            "Abstract: We study",
            "80 upvotes",
            "cs.RO",
            "code",
        ),
        buttons=("Save this paper", "Why it trends", "More like it"),
    ),
    Case(
        "similar 2511.00001",
        ("Near in meaning to “Attention in Small Places”", "Kernels for Flash Attention"),
    ),
    Case(
        "why 2511.00001",
        (
            "Trending of the day: place 1 of 7.",
            "90 upvotes",
            "Upvotes, Hugging Face: 18 (Thu 20 Nov 07:00), 90 (Thu 20 Nov 11:00)",
            "its age is not known",
        ),
    ),
    Case(
        "save 2511.00001",
        ("“Attention in Small Places” is on your list.",),
        buttons=("Remove it", "Show my list"),
    ),
    Case(
        "saved",
        ("Your list: 2 papers", "1. Low-Rank Adapters for Maps", "2. Attention in Small Places"),
        before=("save 2511.00001", "save 2511.00002"),
        buttons=("Export as BibTeX",),
    ),
    Case(
        "taste",
        ("1 paper that you saved.",),
        before=("save 2511.00001",),
        buttons=("Forget what was learnt",),
    ),
    Case(
        "teach 2511.00001 2511.00099 https://arxiv.org/abs/2511.00002",
        (
            "You have 2 examples: papers like them come earlier to you.",
            "Not stored here, and so left out: 2511.00099.",
        ),
        buttons=("What your papers are ordered by",),
    ),
    Case("teach 2511.00099", ("None of these papers is stored here.",)),
    Case(
        "channel teach 2511.00001",
        ("#ml-papers has 1 example: papers like them come first here.",),
        before=("channel add at=9:00",),
        buttons=("Forget its examples",),
    ),
    Case("export ris", ("Your list as RIS: 1 paper.",), before=("save 2511.00001",)),
    Case(
        "subscribe attention at=18:00 days=mon,thu",
        (
            "You are subscribed to “attention”, mon,thu at 18:00 (Europe/Berlin), by direct message.",
            "2 papers of the last seven days match it.",
            "The first message can come Thu 20 Nov 18:00 (Europe/Berlin).",
        ),
        buttons=("Show what matches", "My subscriptions", "Take it back"),
    ),
    Case("follow A. Byron", ("7 papers of the last seven days match it.", 'author:"Ada Byron"')),
    Case(
        "follow Nobody Atall",
        ("No paper that is stored is by “Nobody Atall”, nor from a lab of that name.",),
        buttons=("Follow it",),
    ),
    Case("follow ...", ("“...” is no name.",)),
    Case(
        "subscriptions",
        (
            "You have 2 subscriptions",
            "1. attention",
            ": weekdays at 09:00 (Europe/Berlin), at most 5, by direct message. 2 papers last week.",
            "Next: Fri 21 Nov 09:00 (Europe/Berlin).",
        ),
        before=("subscribe attention", "subscribe nothingness"),
        buttons=(
            "Change subscription 1",
            "Pause subscription 1",
            "Snooze subscription 1 for a week",
            "End subscription 1",
            "End subscription 2",
            "Subscribe to more",
        ),
    ),
    Case(
        "subscription edit 1 max=7",
        ("Changed: max from 5 to 7.", "attention: weekdays at 09:00 (Europe/Berlin), at most 7"),
        before=("subscribe attention",),
    ),
    Case(
        "subscription pause 1",
        ("Your subscription to “attention” is paused: nothing comes of it until you resume it.",),
        before=("subscribe attention",),
        buttons=("Resume it",),
    ),
    Case(
        "subscription resume 1",
        ("Your subscription to “attention” is active again.",),
        before=("subscribe attention", "subscription pause 1"),
    ),
    Case(
        "subscription snooze 1 until Monday",
        ("Your subscription to “attention” is snoozed until Mon 24 Nov 00:00 (Europe/Berlin).",),
        before=("subscribe attention",),
        buttons=("Resume it",),
    ),
    Case(
        "unsubscribe 1",
        ("Your subscription to “attention” has ended.",),
        before=("subscribe attention",),
        buttons=("Subscribe again",),
    ),
    Case(
        "unsubscribe all",
        ("This ends all of your subscriptions (1), for good.",),
        before=("subscribe attention",),
        buttons=("End all of them",),
    ),
    Case("my-feed", ("You have no private feed yet.", "`/papers subscribe attention route=feed` makes one")),
    Case("settings zone=Asia/Tokyo", ("Your time zone is Asia/Tokyo.",)),
    Case(
        "settings for_you=yes",
        ("Your messages have a section of papers near what you keep that no subscription of yours matches.",),
    ),
    Case("settings team=no", ("What you save in a channel counts nowhere.",)),
    Case(
        "channel team yes",
        ("From now on papers that 3 people or more saved in #ml-papers", "`/papers settings team=no`"),
        before=("channel add at=9:00",),
    ),
    Case("settings", ("Your messages have a section",), before=("settings for_you=yes",)),
    Case("settings", ("Your time zone: Asia/Tokyo.", "0 saved papers"), before=("settings zone=Asia/Tokyo",)),
    Case(
        "account link",
        ("Your code: `", "Within 10 minutes, type it behind `account link`", "You are known on Slack."),
    ),
    Case("account link graph neural nets", ("“graph neural nets” is no code. `/papers account link` gives",)),
    Case("account unlink discord", ("No other account of yours is linked.",), before=("save 2511.00001",)),
    Case("account for bias", ("Searched for “account for bias”; `account` is followed by link or unlink.",)),
    Case("status", ("No digest is set up for #ml-papers.", "`/papers channel add`")),
    Case(
        "status",
        (
            "Digest for #ml-papers: active",
            "No appointment has passed yet.",
            "Next: Fri 21 Nov 09:00 (Europe/Berlin).",
        ),
        before=("channel add at=9:00",),
    ),
    Case(
        "status",
        ("Digest for direct message: active", "Weekdays at 09:00 (Europe/Berlin)"),
        before=("subscribe attention",),
        place=DIRECT,
    ),
    Case("my-data", ("All that is stored of you:",), before=("save 2511.00001",)),
    Case("my-data", ("Nothing is stored of you here.",)),
    Case(
        "forget-me",
        ("It cannot be undone.",),
        before=("save 2511.00001",),
        buttons=("Delete all that is stored of me",),
    ),
    Case(
        "help",
        (
            "What you can do here",
            "`/papers trending [day|week|month] [TOPIC]`: Trending",
            "For who manages a channel",
        ),
    ),
    Case("help channel", ("What “channel” can do", "`/papers channel pause`: Stop posting here for now.")),
    Case("help subscribe", ("`max=`: papers in one message (a number from 1 to 20); 5 unless given.",)),
    Case(
        "channel add at=8:30 zone=Asia/Tokyo filter='cat:cs.CL OR cat:cs.RO'",
        (
            "Set up for #ml-papers: weekdays at 08:30 (Asia/Tokyo), trending papers of the day, at most 5",
            "Next digest: Fri 21 Nov 08:30 (Asia/Tokyo).",
        ),
        buttons=("Post the first one now", "Change it", "Show what it would be"),
    ),
    Case(
        "channel add at=10:00",
        ("A digest is set up here already (active): weekdays at 09:00",),
        before=("channel add at=9:00",),
        buttons=("Change it", "Show it"),
    ),
    Case(
        "channel show",
        (
            "The digest of #ml-papers: active",
            "Set up by Ada Thu 20 Nov 13:00.",
            "Ada: Changed: max from 5 to 7.",
        ),
        before=("channel add at=9:00", "channel edit max=7"),
        buttons=("Change it", "Pause it", "Show what it would be"),
    ),
    Case(
        "channel edit max=10 filter=cat:cs.CL",
        ("Changed: filter from none to cat:cs.CL, max from 5 to 10.", "Next digest: Fri 21 Nov 09:00"),
        before=("channel add at=9:00",),
    ),
    Case("channel edit max=5", ("nothing was changed",), before=("channel add at=9:00",)),
    Case(
        "channel pause",
        ("Paused: nothing is posted here",),
        before=("channel add at=9:00",),
        buttons=("Go on posting",),
    ),
    Case(
        "channel resume",
        ("#ml-papers goes on, without a backlog.", "Next: Fri 21 Nov 09:00"),
        before=("channel add at=9:00", "channel pause"),
    ),
    Case(
        "channel remove",
        ("This ends the digest of #ml-papers.",),
        before=("channel add at=9:00",),
        buttons=("End this digest", "Only pause it"),
    ),
    Case(
        "channel preview", ("Trending papers · Thu 20 Nov", "1. Attention"), before=("channel add at=9:00",)
    ),
    Case("channel show", ("No digest is set up for #ml-papers. `/papers channel add` does it.",)),
    Case("mail add maya@example.org", ("Mail is not set up here.",)),
    Case("mail confirm 123456", ("Mail is not set up here.",)),
    Case("mail stop", ("Mail is not set up here.",)),
    Case("channel add at=25:00", ("it goes from 00:00 to 23:59", "`/papers help channel add` says more.")),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
async def test_a_command_says_what_it_did(world: World, case: Case) -> None:
    for text in case.before:
        await world.run(text)
    reply = await world.run(case.text, place=case.place)
    said = text_of(reply)
    assert [part for part in case.says if part not in said] == [], said
    assert set(case.buttons) <= set(buttons_of(reply)), buttons_of(reply)
    assert not reply.shared


def test_every_command_is_proved_here() -> None:
    assert {read_text(case.text).command.name for case in CASES} == set(BY_NAME)
    assert set(HANDLERS) == set(BY_NAME)
    assert set(FORMS) == {command.name for command in COMMANDS if command.form}
