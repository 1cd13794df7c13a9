"""What a person may wish of a destination on the command line: the options, and what they make of it."""

import re
from dataclasses import dataclass, fields, replace
from typing import Annotated, Final

import typer

from bot.cli.completion import zones
from bot.errors import InputError
from bot.model import Destination, Layout, Pool, Posting, QuietDay, Schedule, Window

ROUTE_HELP: Final = (
    "Where it goes: `console`, the https address of a webhook, slack:TEAM/CHANNEL, or discord:SERVER/CHANNEL."
)
AtOption = Annotated[str | None, typer.Option("--at", help="Local time of the post, e.g. 9:00.")]
DaysOption = Annotated[str | None, typer.Option(help="Days: weekdays, daily, weekends, or mon,wed,fri.")]
ZoneOption = Annotated[str | None, typer.Option(help="Time zone, e.g. Europe/Berlin.", autocompletion=zones)]
FilterOption = Annotated[
    str | None, typer.Option("--filter", help="Only what matches, e.g. 'cat:cs.CL -survey'.")
]
PoolOption = Annotated[Pool | None, typer.Option(help="Trending papers, newly announced ones, or both.")]
WindowOption = Annotated[Window | None, typer.Option(help="How far back trending looks.")]
MaximumOption = Annotated[int | None, typer.Option("--max", min=1, max=25, help="At most so many papers.")]
FloorOption = Annotated[int | None, typer.Option(min=0, help="Leave out papers that gained fewer upvotes.")]
LayoutOption = Annotated[Layout | None, typer.Option(help="How it looks.")]
QuietDayOption = Annotated[
    QuietDay | None, typer.Option("--quiet-day", help="What to do when there is nothing.")
]
MentionOption = Annotated[str | None, typer.Option(help="Discord: the id of a role to mention, or none.")]
PublishOption = Annotated[
    bool | None,
    typer.Option("--publish/--no-publish", help="Discord: pass digests on to who follows the channel."),
]
ForumOption = Annotated[
    bool | None,
    typer.Option("--forum/--no-forum", help="Discord: the channel is a forum; a digest opens a post."),
]
TagOption = Annotated[str | None, typer.Option(help="Discord: the id of the tag of such posts, or none.")]

FeedOption = Annotated[
    bool | None,
    typer.Option("--feed/--no-feed", help="Whoever has the address may follow what is sent as a feed."),
]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person named; what is `None` was not."""

    at: str | None
    days: str | None
    zone: str | None
    filter: str | None
    pool: Pool | None
    window: Window | None
    maximum: int | None
    floor: int | None
    layout: Layout | None
    quiet_day: QuietDay | None
    mention: str | None
    publish: bool | None
    forum: bool | None
    tag: str | None
    feed: bool | None

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) is not None for one in fields(self))

    def applied(self, base: Destination) -> Destination:
        """The destination with what was named changed. Raises `InputError` for what cannot be."""
        from bot.schedule.zones import check_zone, parse_days, parse_time
        from bot.search.query import format_query, parse

        old = base.schedule
        schedule = Schedule(
            parse_time(self.at) if self.at is not None else old.at,
            parse_days(self.days) if self.days is not None else old.days,
            check_zone(self.zone) if self.zone is not None else old.zone,
        )
        window = self.window or base.window
        if self.window is None and self.days is not None and len(schedule.days) == 1 and window is Window.DAY:
            window = Window.WEEK  # a digest a week that looked back a day would leave most of it out
        made = replace(
            base,
            schedule=schedule,
            query=format_query(parse(self.filter)) if self.filter is not None else base.query,
            pool=self.pool or base.pool,
            window=window,
            maximum=self.maximum if self.maximum is not None else base.maximum,
            floor=self.floor if self.floor is not None else base.floor,
            layout=self.layout or base.layout,
            quiet_day=self.quiet_day or base.quiet_day,
            posting=self._posting(base.posting),
            feed=self.feed if self.feed is not None else base.feed,
        )
        if made.feed and made.pool is Pool.SUBSCRIPTIONS:
            raise InputError("What a person subscribed to is theirs alone: it has no feed.")
        return made

    def _posting(self, base: Posting) -> Posting:
        return Posting(
            mention=_id(self.mention, "role") if self.mention is not None else base.mention,
            publish=self.publish if self.publish is not None else base.publish,
            forum=self.forum if self.forum is not None else base.forum,
            tag=_id(self.tag, "tag") if self.tag is not None else base.tag,
        )


def _id(text: str, what: str) -> str:
    """The id of a role or a tag in Discord, as it stands there or in a mention; nothing for `none`."""
    if text.strip().lower() in {"", "none"}:
        return ""
    match = re.fullmatch(r"(?:<@&)?([0-9]{15,20})>?", text.strip(), re.ASCII)
    if match is None:
        raise InputError(
            f"{text!r} is no id of a {what}. Discord lets you copy it in its developer mode; or write none."
        )
    return match[1]
