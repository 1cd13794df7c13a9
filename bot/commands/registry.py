"""Every command, declared once: surfaces register, parse, explain and document from here alone."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from bot.commands import subscription_options
from bot.commands.digest_options import DIGEST, ZONE
from bot.commands.model import Command, Kind, Option, Permission
from bot.model import Layout, Window

_PAPER: Final = Option(
    name="paper", kind=Kind.PAPER, required=True, help="a paper's id or link, such as 1706.03762"
)
_PAPERS: Final = Option(
    name="papers",
    kind=Kind.PAPERS,
    required=True,
    rest=True,
    help="links or ids of papers, or a list as BibTeX, RIS, CSL-JSON or CSV",
)
_WINDOW: Final = Option(
    name="window",
    kind=Kind.CHOICE,
    choices=tuple(Window),
    default=Window.DAY,
    help="how far back to look",
)


def _without_defaults(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """What is not given stays as it is."""
    return tuple(replace(one, default=None) for one in options)


_TOPICS: Final = (
    *("today", "trending", "search", "paper", "similar", "why", "save", "saved", "export", "subscribe"),
    *("subscriptions", "unsubscribe", "settings", "status", "my-data", "forget-me", "help", "channel"),
    *("channel add", "channel show", "channel edit", "channel pause", "channel resume", "channel remove"),
    *("channel preview", "subscription", "subscription edit", "subscription pause", "subscription resume"),
    *("subscription snooze", "taste", "teach", "channel teach", "channel team"),
)

COMMANDS: Final[tuple[Command, ...]] = (
    Command(
        name="today",
        summary="The day's trending papers",
        help="Shows what trends today, as far as the day has come, and what you can do from there.",
        examples=("today",),
    ),
    Command(
        name="trending",
        summary="Trending papers of the day, week or month, of any topic",
        help="Shows what trends in a window, all or what matches a topic, with the reason for each paper.",
        examples=("trending", "trending week", "trending month cat:cs.CL", "trending diffusion models"),
        options=(
            _WINDOW,
            Option(name="topic", kind=Kind.QUERY, rest=True, help="a topic, in the language of searches"),
        ),
    ),
    Command(
        name="search",
        summary="Find papers by words, people, dates, ids, or by what they do",
        help="Searches all papers. What is no command is a search, so that the word itself is seldom "
        'needed. Knows "phrases", -without, OR, title:, author:, cat:, year:, after:7d, has:code, '
        "upvotes:>20 and sort:new.",
        examples=(
            "search flash attention",
            'search author:"Y. LeCun" after:2024',
            "search cat:cs.RO has:code",
        ),
        options=(Option(name="query", kind=Kind.QUERY, required=True, rest=True, help="what to look for"),),
    ),
    Command(
        name="paper",
        summary="One paper with all that is known of it",
        help="Shows a paper with its abstract, authors, code and numbers; fetches it if it is not stored.",
        examples=("paper 1706.03762", "paper https://arxiv.org/abs/1706.03762"),
        options=(_PAPER,),
    ),
    Command(
        name="similar",
        summary="Papers near in meaning to one paper",
        help="Shows the papers nearest in meaning to the one that you name.",
        examples=("similar 1706.03762",),
        options=(_PAPER,),
    ),
    Command(
        name="why",
        summary="Why a paper trends, or does not",
        help="Explains a paper's place: every number that was read of it, what it gained in the window, and "
        "how that compares with other papers of its age.",
        examples=("why 2508.13426",),
        options=(_PAPER,),
    ),
    Command(
        name="save",
        summary="Keep a paper on your list",
        help="Puts a paper on your own list. `saved` shows the list, `export` takes it elsewhere.",
        examples=("save 1706.03762",),
        options=(_PAPER,),
        permission=Permission.MEMBER,
    ),
    Command(
        name="saved",
        summary="The papers on your list",
        help="Shows the papers that you saved, the newest first.",
        examples=("saved",),
        permission=Permission.MEMBER,
    ),
    Command(
        name="export",
        summary="Your list as BibTeX, RIS, CSV or JSON",
        help="Gives you the papers that you saved as a file for LaTeX, Zotero, a spreadsheet or a program.",
        examples=("export", "export ris"),
        options=(
            Option(
                name="format",
                kind=Kind.CHOICE,
                choices=("bibtex", "ris", "csv", "json"),
                default="bibtex",
                help="of the file",
            ),
        ),
        permission=Permission.MEMBER,
    ),
    Command(
        name="subscribe",
        summary="New papers of a search, as often and by the ways that you like",
        help="Keeps a search for you: new papers that match come to you daily, weekly, or as they appear, by "
        "direct message, and none of them twice. Says first how many it would have been last week, and asks "
        "where that is far too much.",
        examples=(
            "subscribe retrieval augmented generation",
            "subscribe author:lecun at=18:00 days=mon,thu",
            "subscribe cat:cs.RO has:code cadence=weekly days=fri max=10 min=3",
        ),
        options=(subscription_options.QUERY, *subscription_options.MADE),
        permission=Permission.MEMBER,
        form=True,
    ),
    Command(
        name="subscriptions",
        summary="Your subscriptions, and how much they bring",
        help="Lists your subscriptions, when and how they come, when next, and how many papers each matched "
        "in the last week.",
        examples=("subscriptions",),
        permission=Permission.MEMBER,
    ),
    Command(
        name="subscription edit",
        summary="Change a subscription",
        help="Changes what you name of a subscription, and leaves the rest as it is.",
        examples=("subscription edit 2", "subscription edit 2 max=10", "subscription edit 1 cadence=weekly"),
        options=subscription_options.EDITED,
        permission=Permission.MEMBER,
        form=True,
    ),
    Command(
        name="subscription pause",
        summary="Stop a subscription for now",
        help="Nothing comes of it until you resume it; `all` pauses every one.",
        examples=("subscription pause 2", "subscription pause all"),
        options=(subscription_options.NUMBER,),
        permission=Permission.MEMBER,
    ),
    Command(
        name="subscription resume",
        summary="Go on with a subscription",
        help="Ends a pause, with what came in the last week, or a snooze, with what came meanwhile.",
        examples=("subscription resume 2", "subscription resume all"),
        options=(subscription_options.NUMBER,),
        permission=Permission.MEMBER,
    ),
    Command(
        name="subscription snooze",
        summary="Rest a subscription until a day",
        help="Nothing comes of it until that day begins, within 30 days. Then comes what came meanwhile.",
        examples=(
            "subscription snooze 2 until monday",
            "subscription snooze 1 2w",
            "subscription snooze all 2 days",
        ),
        options=(subscription_options.NUMBER, subscription_options.UNTIL),
        permission=Permission.MEMBER,
    ),
    Command(
        name="unsubscribe",
        summary="End a subscription",
        help="Ends one of your subscriptions, by its number in `subscriptions`; `all` ends every one.",
        examples=("unsubscribe 2", "unsubscribe all"),
        options=(subscription_options.NUMBER,),
        permission=Permission.MEMBER,
    ),
    Command(
        name="taste",
        summary="What your papers are ordered by, and how to have it forgotten",
        help="Says from which papers the order of what comes to you is learnt: those that you saved, hid, or "
        "wanted more or less like. Nothing else teaches. One button forgets it all.",
        examples=("taste",),
        permission=Permission.MEMBER,
    ),
    Command(
        name="teach",
        summary="Teach what you like with papers that you name",
        help="Orders what comes to you from the first day: papers like those that you name come earlier. "
        "Takes up to 50, as links or ids, or as a list in BibTeX, RIS, CSL-JSON or CSV, as Zotero has it.",
        examples=("teach 1706.03762 https://arxiv.org/abs/2005.14165",),
        options=(_PAPERS,),
        permission=Permission.MEMBER,
        form=True,
    ),
    Command(
        name="settings",
        summary="Your time zone, and what your messages have beside your subscriptions",
        help="Shows what is remembered of you, and changes your time zone, whether your messages have a "
        "section of papers near what you keep that no subscription of yours matches, and whether what you "
        "save in a channel may count there.",
        examples=("settings", "settings zone=Europe/Berlin", "settings for_you=yes", "settings team=no"),
        options=(ZONE, subscription_options.FOR_YOU, subscription_options.TEAM),
        permission=Permission.MEMBER,
        form=True,
    ),
    Command(
        name="status",
        summary="The last digest here, why there was none, and what is next",
        help="Tells anybody who may read along when the last digest came, why there has been none since, and "
        "when the next one comes.",
        examples=("status",),
    ),
    Command(
        name="my-data",
        summary="Everything that is stored of you",
        help="Gives you, as a file, everything that is stored of you here.",
        examples=("my-data",),
        permission=Permission.MEMBER,
    ),
    Command(
        name="forget-me",
        summary="Delete everything that is stored of you",
        help="Deletes your list, your subscriptions, your settings and whatever is on its way to you. Asks "
        "once before it does.",
        examples=("forget-me",),
        permission=Permission.MEMBER,
    ),
    Command(
        name="help",
        summary="What you can do here",
        help="Lists the commands, or explains one.",
        examples=("help", "help search", "help channel add"),
        options=(Option(name="topic", kind=Kind.CHOICE, choices=_TOPICS, rest=True, help="a command"),),
    ),
    Command(
        name="channel add",
        summary="Post a digest to this channel",
        help="Sets up the daily post of this channel: when, how many papers, and which. It is proved first "
        "that posting works here, and told what the last days would have brought. Then you may let the "
        "first one come at once.",
        examples=("channel add", "channel add at=9:00 zone=Europe/Berlin filter='cat:cs.CL -survey' max=5"),
        options=DIGEST,
        permission=Permission.MANAGER,
        form=True,
    ),
    Command(
        name="channel show",
        summary="How this channel's digest is set up",
        help="Shows what is posted here and when, who set it up and changed it, and deletes what was posted.",
        examples=("channel show",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel edit",
        summary="Change this channel's digest",
        help="Changes what you name, and leaves the rest as it is.",
        examples=("channel edit", "channel edit max=10", "channel edit filter='cat:cs.CL OR cat:cs.LG'"),
        options=_without_defaults(DIGEST),
        permission=Permission.MANAGER,
        form=True,
    ),
    Command(
        name="channel pause",
        summary="Stop posting here for now",
        help="Nothing is posted to this channel until it is resumed.",
        examples=("channel pause",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel resume",
        summary="Go on posting here",
        help="Goes on from the next appointment, without a backlog.",
        examples=("channel resume",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel remove",
        summary="End this channel's digest",
        help="Ends the digest of this channel. Asks once before it does.",
        examples=("channel remove",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel preview",
        summary="What this channel's digest would be now",
        help="Shows you alone the very message that this channel would get now.",
        examples=("channel preview",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel teach",
        summary="Teach this channel with papers that you name",
        help="Papers like those that you name come first in this channel's digest. Takes up to 50, as links "
        "or ids, or as a list in BibTeX, RIS, CSL-JSON or CSV, as Zotero has it.",
        examples=("channel teach 1706.03762 https://arxiv.org/abs/2005.14165",),
        options=(_PAPERS,),
        permission=Permission.MANAGER,
        form=True,
    ),
    Command(
        name="channel team",
        summary="Whether what people save in this channel counts here",
        help="Once it does, papers that three people or more saved here within 30 days come first in the "
        "digest and in what is asked here, and papers like them earlier. Nobody is named, each may keep "
        "their saves out of it, and none is kept once it does not count.",
        examples=("channel team yes", "channel team no"),
        options=(
            Option(
                name="count", kind=Kind.CHOICE, choices=("yes", "no"), required=True, help="whether they do"
            ),
        ),
        permission=Permission.MANAGER,
    ),
)

BY_NAME: Final = {command.name: command for command in COMMANDS}
"""Every command by its name."""

GROUPS: Final = {
    group: tuple(command for command in COMMANDS if command.group == group)
    for group in sorted({command.group for command in COMMANDS if command.group is not None})
}
"""The commands whose names begin with the same word, by that word."""


def offered(command: Command, surface: str, layouts: Collection[Layout]) -> Command:
    """The command as one surface has it: without the options and the layouts that it does not have."""
    options = tuple(
        replace(one, choices=tuple(Layout(name) for name in one.choices if name in layouts))
        if one.name == "layout"
        else one
        for one in command.options
        if one.surface in {"", surface}
    )
    return command if options == command.options else replace(command, options=options)
