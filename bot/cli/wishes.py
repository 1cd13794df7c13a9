"""What a person may wish of a destination on the command line: the options, and what they make of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, Final, get_type_hints

import typer

from bot.cli.completion import zones
from bot.errors import InputError
from bot.model import Destination, Layout, Pool, Posting, QuietDay, Schedule, Window

ROUTE_HELP: Final = (
    "Where it goes: `console`, the https address of a webhook, slack:TEAM/CHANNEL, or discord:SERVER/CHANNEL."
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person named; what is `None` was not. Each field is an option, see `with_wishes`."""

    at: Annotated[str | None, typer.Option("--at", help="Local time of the post, e.g. 9:00.")]
    days: Annotated[str | None, typer.Option(help="Days: weekdays, daily, weekends, or mon,wed,fri.")]
    zone: Annotated[str | None, typer.Option(help="Time zone, e.g. Europe/Berlin.", autocompletion=zones)]
    filter: Annotated[
        str | None, typer.Option("--filter", help="Only what matches, e.g. 'cat:cs.CL -survey'.")
    ]
    pool: Annotated[Pool | None, typer.Option(help="Trending papers, newly announced ones, or both.")]
    window: Annotated[Window | None, typer.Option(help="How far back trending looks.")]
    maximum: Annotated[int | None, typer.Option("--max", min=1, max=25, help="At most so many papers.")]
    floor: Annotated[int | None, typer.Option(min=0, help="Leave out papers that gained fewer upvotes.")]
    layout: Annotated[Layout | None, typer.Option(help="How it looks.")]
    quiet_day: Annotated[
        QuietDay | None, typer.Option("--quiet-day", help="What to do when there is nothing.")
    ]
    mention: Annotated[str | None, typer.Option(help="Discord: the id of a role to mention, or none.")]
    publish: Annotated[
        bool | None,
        typer.Option("--publish/--no-publish", help="Discord: pass digests on to who follows the channel."),
    ]
    forum: Annotated[
        bool | None,
        typer.Option("--forum/--no-forum", help="Discord: the channel is a forum; a digest opens a post."),
    ]
    tag: Annotated[str | None, typer.Option(help="Discord: the id of the tag of such posts, or none.")]
    feed: Annotated[
        bool | None,
        typer.Option("--feed/--no-feed", help="Whoever has the address may follow what is sent as a feed."),
    ]

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


def with_wishes(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each field of `Wishes` in place of its parameter `wishes`."""
    hints = get_type_hints(Wishes, include_extras=True)
    options = [Parameter(one, Parameter.KEYWORD_ONLY, default=None, annotation=hints[one]) for one in hints]
    whole: list[Parameter] = []
    for one in signature(command, eval_str=True).parameters.values():
        whole += options if one.name == "wishes" else [one.replace(kind=Parameter.KEYWORD_ONLY)]

    @wraps(command)
    def run(**named: Any) -> None:
        wishes = Wishes(**{one: named.pop(one) for one in hints})
        command(**named, wishes=wishes)

    # What Typer reads a command's options from.
    shown: Any = run
    shown.__signature__ = Signature(whole)
    shown.__annotations__ = {one.name: one.annotation for one in whole}
    return run


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
