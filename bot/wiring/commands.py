"""All commands over the store and the search, for a surface to offer; and the terminal that talks to them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.people.model import Identity
from bot.ports import Store
from bot.secret import secret_key
from bot.wiring import Surroundings, open_search, open_store

if TYPE_CHECKING:
    from bot.commands.services import Direct, Services
    from bot.mail.service import Mail
    from bot.schedule.planner import Planner
    from bot.search.service import Search

Talk = Callable[[str, int | None], AsyncGenerator[str]]
"""Answers a line that was typed with texts of at most so many columns (`None`: not wrapped), as they come."""


def command_services(
    settings: Settings,
    around: Surroundings,
    store: Store,
    search: "Search",
    planner: "Planner",
    queued: Callable[[], None],
    *,
    sharing: bool,
    direct: "Direct",
    mail: "Mail | None" = None,
) -> "Services":
    """What commands work with; `queued` is told of deliveries that they made pending. Its `plots` are to be
    closed.
    """
    from bot.commands.offering import by_mail  # noqa: PLC0415 - loaded only where it is used
    from bot.commands.private_feed import offer_of  # noqa: PLC0415 - loaded only where it is used
    from bot.commands.rankings import Rankings  # noqa: PLC0415 - loaded only where it is used
    from bot.commands.services import Cooldown, Services  # noqa: PLC0415 - loaded only where it is used
    from bot.wiring.plots import make_plots  # noqa: PLC0415 - loaded only where it is used

    rankings = Rankings(store.papers, around.clock)
    return Services(
        store=store,
        search=search,
        rankings=rankings,
        plots=make_plots(settings, around, store, rankings),
        clock=around.clock,
        ids=around.ids,
        shares=Cooldown(around.clock),
        serve_now=planner.serve_now,
        queued=queued,
        key=secret_key(settings, settings.home).value,
        zone=settings.timezone,
        late_limit=timedelta(hours=settings.late_limit_hours),
        sharing=sharing,
        direct=direct,
        offers=(
            *([offer_of(store, around.ids)] if settings.web else []),
            *([by_mail(mail)] if mail is not None else []),
        ),
        mail=mail,
        page=page_address(settings),
    )


def page_address(settings: Settings) -> str | None:
    """Where the world reaches the web page; empty where it does not, `None` where there is no page."""
    return (settings.public_url or "") if settings.web else None


@asynccontextmanager
async def open_chat(
    settings: Settings, around: Surroundings, user: str, folder: Path, *, bold: bool
) -> AsyncIterator[Talk]:
    """One person's talk at a terminal, which can show `bold` or not; files that answers bring are written to
    `folder`.

    What is posted is sent by the running bot. The search index is kept in step; nothing waits for it.
    """
    from adapters.terminal.session import Session  # noqa: PLC0415 - loaded only where it is used
    from adapters.terminal.surface import person  # noqa: PLC0415 - loaded only where it is used
    from bot.commands.service import Commands  # noqa: PLC0415 - loaded only where it is used
    from bot.schedule.planner import Planner  # noqa: PLC0415 - loaded only where it is used
    from bot.search.following import Follower  # noqa: PLC0415 - loaded only where it is used
    from bot.taste.tasting import Tasting  # noqa: PLC0415 - loaded only where it is used
    from bot.wiring.mail import open_mail  # noqa: PLC0415 - loaded only where it is used

    async with open_store(settings) as store, open_search(settings, store, around) as search:
        planner = Planner(
            store,
            around.clock,
            around.ids,
            late_limit=timedelta(hours=settings.late_limit_hours),
            refresh_limit=timedelta(0),
            refresh=_nothing_to_refresh,
            queued=_nobody_to_tell,
            tasting=Tasting(store, search.index),
        )
        mail = open_mail(settings, around, store) if settings.smtp_url is not None else None
        services = command_services(
            settings,
            around,
            store,
            search,
            planner,
            _nobody_to_tell,
            sharing=False,
            direct=nowhere,
            mail=None if mail is None else mail.service,
        )
        follower = Follower(search.index, store.papers, around.clock, every=around.follow_every)
        following = asyncio.create_task(follower.run())
        try:
            yield Session(Commands(services), person(user), folder, bold=bold).answers
        finally:
            following.cancel()  # an index that is far behind would take its time
            await asyncio.gather(following, return_exceptions=True)
            await services.plots.aclose()
            if mail is not None:
                await mail.deliverer.aclose()


async def _nothing_to_refresh() -> None:
    """A terminal reads no sources: the running bot does."""


async def nowhere(_: Identity) -> None:
    """A process that listens to no chat reaches nobody's direct messages."""


def _nobody_to_tell() -> None:
    """The running bot looks for itself what it has to send."""
