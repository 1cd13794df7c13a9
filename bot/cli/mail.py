"""`paperboy mail`: mails that come back, and people who want no more of them."""

import sys
from typing import Annotated, Final

import typer

from bot.cli.common import BY, load_settings, say, warn, with_store
from bot.errors import InputError, NotFoundError, StorageError
from bot.ports import Store

app = typer.Typer(help="Mails that come back, and people who want no more.", no_args_is_help=True)

_TRY_AGAIN: Final = 75  # EX_TEMPFAIL: a mail server keeps the mail, and hands it over again later


@app.command()
def bounce() -> None:
    """Take in one mail that came back, from standard input: for a pipe of your mail server.

    What could not be delivered, or was called spam, pauses its address; what asks to stop stops. Other mails
    change nothing.
    """
    from bot.cli.running import surroundings
    from bot.wiring.mail import open_incoming

    if sys.stdin.isatty():
        raise InputError("A mail is read from standard input: `paperboy mail bounce < mail.eml`.")
    settings, raw = load_settings(), sys.stdin.buffer.read()
    try:
        say(with_store(lambda store: open_incoming(settings, store, surroundings()).take(raw), settings))
    except StorageError as error:
        warn(f"paperboy: {error}")
        raise typer.Exit(_TRY_AGAIN) from error


@app.command()
def stop(address: Annotated[str, typer.Argument(help="Whose mail is to stop.")]) -> None:
    """Stop mail to an address, and forget it: for whoever writes to you instead of pressing a link."""
    from bot.cli.common import now
    from bot.mail.address import normal_address
    from bot.people.tombstone import stopped
    from bot.secret import secret_key

    normal, settings = normal_address(address), load_settings()

    async def work(store: Store) -> bool:
        key = secret_key(settings, settings.home).value
        return await store.mailboxes.stop(normal, BY, now(), stopped(key, normal))

    if not with_store(work, settings):
        raise NotFoundError("mailbox", normal, "No mail goes there.")
    say("No more mail goes there, and the address is forgotten.")
