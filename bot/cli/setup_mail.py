"""`paperboy setup mail`: a mail server, a sender, a test."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import typer

from bot.cli.asking import ConfigOption, begin, finish, show_findings, write
from bot.cli.common import run, say, warn
from bot.config import CONFIG_VARIABLE, Settings, env_name
from bot.errors import InputError, PaperboyError

_PORT: Final = 587


def mail(config: ConfigOption = None) -> None:
    """Walk through all that mail needs: the server, the sender, a test mail, the settings.

    The settings are written once the server has let Paperboy in. Run again, it keeps what is set.
    """
    settings, file = begin(config, "docs/mail.md")
    while True:
        changed = {"smtp_url": _ask_server(settings), "mail_from": _ask_sender(settings)}
        tried = _with(settings, changed)
        if tried is not None and _lets_us_in(tried):
            break
    _try_message(tried)
    write(file, settings, dict(changed))
    command = "mail add with your address to Paperboy in a chat"
    finish(file, settings, f"type {command}, and subscribe with route=mail")


def _ask_server(settings: Settings) -> str:
    """The server's address with who logs in; what is set is offered."""
    known = urlsplit(settings.smtp_url.get_secret_value() if settings.smtp_url is not None else "")
    say()
    host = _asked("Mail server (such as smtp.example.org)", known.hostname or "")
    port = int(typer.prompt("Port (587: STARTTLS, 465: TLS)", default=known.port or _PORT, type=int))
    user = _asked("User (Enter for none)", unquote(known.username or ""), optional=True)
    login = ""
    if user:
        password = typer.prompt(
            "Password (it stays hidden)",
            hide_input=True,
            default=unquote(known.password or "") or None,
            show_default=False,
        )
        login = f"{quote(user, safe='')}:{quote(str(password).strip(), safe='')}@"
    scheme = "smtps" if port == 465 else "smtp"
    query = f"?{known.query}" if known.query else ""
    return f"{scheme}://{login}{host}:{port}{query}"


def _ask_sender(settings: Settings) -> str:
    known = settings.mail_from or ""
    return _asked("From (such as Paperboy <papers@example.org>)", known)


def _asked(question: str, known: str, *, optional: bool = False) -> str:
    default = known if known or optional else None
    return str(typer.prompt(question, default=default, show_default=bool(known))).strip()


def _with(settings: Settings, changed: dict[str, str]) -> Settings | None:
    """The settings with these values in place of what is set; `None`, and why, if they cannot work."""
    file = {} if settings.file is None else {CONFIG_VARIABLE: str(settings.file)}
    named = {env_name(key): value for key, value in changed.items()}
    try:
        return Settings.load({**os.environ, **file, **named}, Path.cwd())
    except PaperboyError as error:
        warn(str(error))
        return None


def _lets_us_in(settings: Settings) -> bool:
    from bot.cli.running import surroundings
    from bot.wiring.mail import examine

    try:
        found = run(examine(settings, surroundings()))
    except PaperboyError as error:
        warn(str(error))
        return False
    show_findings(found)
    return all(one.well for one in found if one.what in {"mail server", "mail sender"})


def _try_message(settings: Settings) -> None:
    from bot.cli.running import surroundings
    from bot.wiring.mail import test_mail

    say()
    while address := _asked("Send a test mail to (Enter for nobody)", "", optional=True):
        try:
            show_findings([run(test_mail(settings, surroundings(), address))])
        except InputError as error:
            warn(str(error))
        else:
            return
