"""`paperboy run`, `once` and `health`: the bot itself."""

import asyncio
import contextlib
import random
import signal
import sys
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import typer

from bot.cli.common import JsonOption, load_settings, now, print_json, run, say, warn
from bot.cli.output import counted
from bot.config import Settings
from bot.errors import UnreachableError
from bot.model import Window

if TYPE_CHECKING:
    from bot.app import Paperboy
    from bot.wiring import Surroundings

_FRESH: Final = timedelta(minutes=2)
_SHOWN: Final = 10


def surroundings() -> "Surroundings":
    """The real clock, chance and terminal."""
    from bot.system import RandomIds, SystemClock
    from bot.wiring import Surroundings

    return Surroundings(SystemClock(), RandomIds(), random.SystemRandom(), sys.stdout)


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("run")(run_command)
    app.command("once")(once_command)
    app.command("health")(health_command)


def run_command() -> None:
    """Run the bot: fetch, rank, and send what is due, until it is stopped (Ctrl-C)."""
    from bot.logs import configure_logs
    from bot.system import give_memory_back

    give_memory_back()
    settings = load_settings()
    configure_logs("error", settings.log_format)  # the welcome says by itself what it meets
    run(_run(settings))


async def _run(settings: Settings) -> None:
    from bot.logs import configure_logs
    from bot.wiring import assemble

    async with assemble(settings, surroundings()) as bot:
        stopped = asyncio.Event()
        with _stopped_by_signals(bot, stopped):
            if await _unless(stopped, _welcome(bot, settings)):
                configure_logs(settings.log_level, settings.log_format)
                await bot.run()


async def _welcome(bot: "Paperboy", settings: Settings) -> None:
    """What a person sees first: the day's papers, where they come from, and what to do next."""
    from bot.cli.trending import Shown, gather, present
    from bot.sources.samples import sample_ranking

    at = bot.clock.now()
    coverage = await bot.store.papers.coverage()
    if not coverage.papers:
        failure = await _first_fetch(bot, settings)
        at = bot.clock.now()
        if failure is not None:
            warn(f"{failure} Nothing is stored yet, so these are invented samples; they are sent nowhere.")
            ranking, papers = sample_ranking(at)
            present(Shown(ranking, papers, coverage))
            say()
            warn("Running, and asking again until there are real papers; Ctrl-C stops.")
            return
    present(await gather(bot.store, Window.DAY, at, _SHOWN))
    say()
    if not await bot.store.destinations.list():
        warn(f"Nothing is sent yet. {_where(settings)}")
    warn("Running; Ctrl-C stops.")


def _where(settings: Settings) -> str:
    """How somebody says where digests are to go."""
    if settings.slack_bot_token is not None or settings.slack_client_id is not None:
        return f"Type `{settings.slack_command} channel add` in a channel in Slack."
    if settings.discord_token is not None:
        return f"Type `/{settings.discord_command} channel add` in a channel in Discord."
    return "`paperboy destination add NAME console` (or a webhook) says where."


async def _first_fetch(bot: "Paperboy", settings: Settings) -> str | None:
    """Reads what there is to show at all; what went wrong, if something did."""
    from bot.cli.progress import progress

    what = f"Fetching the day's papers from {settings.hf_endpoint} …"
    if not sys.stderr.isatty():  # where no bar tells what is being waited for
        warn(what)
    with progress(what) as listen:
        bot.poller.on_poll(listen)
        return await bot.first_fetch()


async def _unless(stopped: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Does the work; `False` if it was given up because a stop came first."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(stopped.wait())
    try:
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in (task, stop):
            if not one.done():
                one.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)
    if not task.cancelled():
        task.result()
    return not stopped.is_set()


@contextlib.contextmanager
def _stopped_by_signals(bot: "Paperboy", stopped: asyncio.Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C end the bot in order; a second one ends it at once."""
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        warn("Stopping: what is under way is finished first.")
        stopped.set()
        bot.stop()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)


def once_command(json_: JsonOption = False) -> None:
    """Catch up, send what is due, and exit: for cron and CI."""
    from bot.logs import configure_logs

    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)

    async def work() -> tuple[int, int]:
        from bot.wiring import assemble

        async with assemble(settings, surroundings()) as bot:
            return await bot.once()

    queued, tried = run(work())
    if json_:
        print_json({"digests": queued, "deliveries": tried})
    else:
        handled = counted(tried, "delivery", "deliveries")
        say(f"{counted(queued, 'digest')} written, {handled} handled.")


def health_command() -> None:
    """Say whether the running bot shows signs of life; status 1 if not: for a container's health check."""
    from bot.app import heartbeat_age

    age = heartbeat_age(load_settings().home, now())
    if age is None or age > _FRESH:
        since = (
            "never showed any" if age is None else f"showed the last {age.total_seconds() / 60:.0f} min ago"
        )
        raise UnreachableError("The bot", f"shows no sign of life: it {since}. Start it with `paperboy run`.")
    say("The bot is running.")
