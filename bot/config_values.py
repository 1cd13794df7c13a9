"""What the value of a setting may look like.

Each parser takes what stood in the environment (a text) or in TOML (any of its types) and gives the value,
or raises `BadValueError` with the rest of a sentence that begins with the setting's name. A sentence shows
what was written only where that cannot be a secret: never a token, never an address with a password.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import SecretStr

from bot.errors import InputError

SECRET_KEY_LENGTH: Final = 32  # characters: 128 bits even where they are only hexadecimal digits


class BadValueError(ValueError):
    """A value that cannot be used; the text says what is wrong and what would work."""


def shown(raw: object) -> str:
    """What was written, on one line and not too long."""
    text = repr(raw)
    return text if len(text) <= 60 else text[:59] + "…"


def printable(name: str) -> str:
    """A name as it was written, quoted only if it would not be plain on a line."""
    return name if re.fullmatch(r"[\w.-]{1,60}", name) else shown(name)


def text(raw: object) -> str:
    """A text without the blanks around it."""
    if not isinstance(raw, str):
        raise BadValueError(f"{shown(raw)} is not a text; put it between quotation marks.")
    return raw.strip()


def whole(low: int, high: int, unit: str) -> Callable[[object], int]:
    """A whole number of `unit`, both bounds included."""

    def parse(raw: object) -> int:
        number = int(raw) if isinstance(raw, str) and re.fullmatch(r"\s*[0-9]{1,9}\s*", raw) else raw
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise BadValueError(f"{shown(raw)} is not a whole number of {unit} from {low} to {high}.")
        return number

    return parse


_FLAGS: Final = {
    **dict.fromkeys(("on", "true", "yes", "1"), True),
    **dict.fromkeys(("off", "false", "no", "0"), False),
}


def flag(raw: object) -> bool:
    """On or off, in any of the words that people use."""
    value = _FLAGS.get(raw.strip().lower()) if isinstance(raw, str) else raw
    if not isinstance(value, bool):
        raise BadValueError(f"{shown(raw)} is neither on nor off; write true or false.")
    return value


def semantic_model(raw: object) -> str:
    """`static`, `none`, or the folder or hub name of a model."""
    value = raw.strip() if isinstance(raw, str) else ""
    if not value or any(ord(character) < 32 for character in value):
        raise BadValueError(f"{shown(raw)} is no model. Write static, none, a folder or a Hugging Face name.")
    return value.lower() if value.lower() in {"static", "none"} else value


def choice(*choices: str) -> Callable[[object], str]:
    """One of a few words, in lower case."""

    def parse(raw: object) -> str:
        word = raw.strip().lower() if isinstance(raw, str) else ""
        if word not in choices:
            raise BadValueError(f"{shown(raw)} is not one of {', '.join(choices)}.")
        return word

    return parse


def path(raw: object, cwd: Path, user_home: str | None) -> Path:
    """A path, relative to `cwd`. `~` is the person's own folder: neither TOML nor Compose expands it."""
    name = str(raw) if isinstance(raw, Path) else text(raw)
    if "://" in name:  # not shown: the address of a database holds a password
        if name.lower().startswith("postgres"):
            raise BadValueError("PostgreSQL comes in a later version; give the path of a file.")
        raise BadValueError("an address of the network cannot be used here; give a path.")
    if "\0" in name:
        raise BadValueError("a path cannot hold a null character.")
    if name == "~" or name.startswith(("~/", "~\\")):
        if not user_home:
            raise BadValueError(f"{shown(name)} begins with ~, but HOME is not set; write the whole path.")
        name = user_home + name[1:]
    return cwd / name


def base_url(raw: object) -> str:
    """A web address to which paths are appended: no slash at its end, no query, no password."""
    address = text(raw).rstrip("/")
    if "@" in address:  # not shown: what stands before the @ may be a password
        raise BadValueError("the address carries a user name or a password; give it without them.")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket left open
        usable = False
    if not usable or not re.fullmatch(r"[!-~]+", address):
        raise BadValueError(f"{shown(raw)} is not a web address; write one that begins with https://.")
    if "?" in address or "#" in address:
        raise BadValueError("the address has a part behind '?' or '#'; give what stands before it.")
    return address


def secret(raw: object) -> SecretStr:
    """A token. A line break in it would also break the header of a request."""
    if not isinstance(raw, str):
        raise BadValueError("the value is not a text; put it between quotation marks.")
    if not re.fullmatch(r"[!-~]+", raw.strip()):
        raise BadValueError(
            "the value has a blank, a line break or a letter that no token has; copy it again."
        )
    return SecretStr(raw.strip())


def secret_key(raw: object) -> SecretStr:
    """A secret that is long enough to sign with."""
    key = secret(raw)
    if len(key.get_secret_value()) < SECRET_KEY_LENGTH:
        raise BadValueError(
            f"the value is shorter than {SECRET_KEY_LENGTH} characters; make one with "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'."
        )
    return key


# An archive, or an archive and a subject class (https://arxiv.org/category_taxonomy).
_CATEGORY: Final = re.compile(r"([a-z]+(?:-[a-z]+)?)(?:\.([a-z]+(?:-[a-z]+)?))?")


def category(raw: object) -> str:
    """An arXiv category in arXiv's own spelling, whatever case it was written in."""
    match = _CATEGORY.fullmatch(text(raw).lower())
    if not match:
        raise BadValueError(f"{shown(raw)} is not an arXiv category; they look like cs.AI or quant-ph.")
    archive, subject = match.groups()
    if subject is None:
        return archive
    return f"{archive}.{subject if archive in {'physics', 'cond-mat'} else subject.upper()}"


def categories(raw: object) -> tuple[str, ...]:
    """Categories of arXiv, each once: a list, or a text with blanks, commas or arXiv's own + between them."""
    names = re.split(r"[\s,+]+", raw.strip()) if isinstance(raw, str) else raw
    if not isinstance(names, list | tuple):
        raise BadValueError(f"{shown(raw)} is not a list of arXiv categories such as cs.AI cs.CL.")
    if not names:
        raise BadValueError("the list is empty; to leave arXiv's listings out, switch the setting arxiv off.")
    return tuple(dict.fromkeys(category(name) for name in names))


def zone(raw: object) -> str:
    """The name of an IANA time zone."""
    name = text(raw)
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):  # unknown, malformed, a folder of zones
        known = {zone_name.lower(): zone_name for zone_name in available_timezones()}
        near = get_close_matches(name.lower(), sorted(known), n=1)
        hint = f"did you mean {known[near[0]]}?" if near else "they look like Europe/Berlin."
        raise BadValueError(f"{shown(raw)} is not a time zone; {hint}") from None


def day_or_off(raw: object) -> date | None:
    """A day, or `None` for off. A TOML date and time is no day: it would hide a time zone."""
    if raw is False or (isinstance(raw, str) and raw.strip().lower() == "off"):
        return None
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    try:
        if isinstance(raw, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw.strip()):
            return date.fromisoformat(raw.strip())
    except ValueError:
        pass  # 30 February: the sentence below says it
    raise BadValueError(f"{shown(raw)} is not a day; write one like 2023-05-01, or off.")


def contact(raw: object) -> str:
    """An e-mail or web address that can stand in the comment of a User-Agent header (RFC 9110, 10.1.5)."""
    address = text(raw)
    if not re.fullmatch(r"(?:https?://|[!-'*-?A-~]+@)[!-'*-?A-~]{3,200}", address):
        raise BadValueError(f"{shown(raw)} is neither an e-mail address nor a web address.")
    return address


def listen_address(raw: object) -> str:
    """`HOST:PORT` of this machine; an IPv6 host in brackets. Port 0 lets the system choose."""
    address = text(raw)
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+):([0-9]{1,5})", address)
    if not match or int(match[2]) > 65_535:
        raise BadValueError(f"{shown(raw)} is nowhere to listen; write one like 127.0.0.1:8000.")
    return address


def optional_url(raw: object) -> str | None:
    """As `base_url`."""
    return base_url(raw)


def line(raw: object) -> str:
    """A short text on one line, without blanks."""
    value = text(raw)
    if not re.fullmatch(r"[!-~]{1,200}", value):
        raise BadValueError(f"{shown(raw)} has a blank, a line break or a letter that cannot be there.")
    return value


def smtp_url(raw: object) -> SecretStr | None:
    """The address of a mail server, perhaps with a user and a password; nothing means none."""
    address = text(raw)
    if not address:
        return None
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and parts.port != 0 and parts.path in {"", "/"} and not parts.fragment
    except ValueError:  # a port that is no number, a bracket left open
        usable = False
    if not usable or parts.scheme not in {"smtp", "smtps"} or not re.fullmatch(r"[!-~]+", address):
        raise BadValueError(
            "the value is no address of a mail server; write one like "
            "smtp://user:password@mail.example.org:587, with %40 for an @ and %3A for a : in the user or the "
            "password."
        )
    if parts.query not in {"", "tls=off"}:
        raise BadValueError("behind the ? of the address stands something other than tls=off.")
    return SecretStr(address)


def mail_sender(raw: object) -> str | None:
    """Who mails come from: an address, perhaps with a name before it; nothing means nobody."""
    sender = text(raw)
    if not sender:
        return None
    from bot.mail.address import sender_of  # noqa: PLC0415 - it takes its time to load, and few send mail

    try:
        sender_of(sender)
    except InputError:
        raise BadValueError(
            f"{shown(raw)} is no sender; write one like Paperboy <papers@example.org>."
        ) from None
    return sender


def slash_command(raw: object) -> str:
    """A slash command as Slack takes it: a slash, then at most 31 small letters, digits, - and _."""
    command = text(raw)
    command = command if command.startswith("/") else f"/{command}"
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", command):
        raise BadValueError(f"{shown(raw)} is no slash command; write one like /papers, in small letters.")
    return command


SLACK_PACKS: Final = ("recheck", "links", "plots", "join", "channels", "people")


def slack_packs(raw: object) -> tuple[str, ...]:
    """Some of `SLACK_PACKS`, each once, in that order; `none` for none."""
    names = [name for name in _names(raw) if name != "none"]
    unknown = [name for name in names if name not in SLACK_PACKS]
    if unknown:
        raise BadValueError(f"{shown(unknown[0])} is no pack; there are {', '.join(SLACK_PACKS)}.")
    return tuple(pack for pack in SLACK_PACKS if pack in names)


def slack_managers(raw: object) -> tuple[str, ...]:
    """`members`, `admins`, or ids of people."""
    names = _names(raw)
    if names in (["members"], ["admins"]):
        return tuple(names)
    for name in names:
        if not re.fullmatch(r"[UW][A-Z0-9]{1,30}", name.upper()):
            raise BadValueError(f"{shown(name)} is neither members, admins, nor an id such as U012ABCDEF.")
    return tuple(dict.fromkeys(name.upper() for name in names))


def _names(raw: object) -> list[str]:
    """Words with blanks or commas between them, or a list."""
    names = re.split(r"[\s,]+", raw.strip()) if isinstance(raw, str) else raw
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise BadValueError(f"{shown(raw)} is not a list of words.")
    return [name.strip().lower() for name in names if name.strip()]


def optional_socket_url(raw: object) -> str | None:
    """The address of a WebSocket; nothing means none."""
    address = text(raw)
    if not address:
        return None
    if not re.fullmatch(r"wss?://[A-Za-z0-9.\[\]:-]+(/[!-~]*)?", address):
        raise BadValueError(
            f"{shown(raw)} is no WebSocket address; write one like wss://gateway.example.org."
        )
    return address


def discord_command(raw: object) -> str:
    """A slash command as Discord takes it, without the slash: at most 24 small letters, digits, - and _."""
    command = text(raw).removeprefix("/")
    if not re.fullmatch(r"[a-z0-9_-]{1,24}", command):
        raise BadValueError(f"{shown(raw)} is no slash command; write one like papers, in small letters.")
    return command


def discord_servers(raw: object) -> tuple[str, ...]:
    """Ids of servers: long numbers, divided by commas or blanks."""
    ids = tuple(dict.fromkeys(name for name in _names(raw) if name != "none"))
    for one in ids:
        if not re.fullmatch(r"[0-9]{15,20}", one):
            raise BadValueError(
                f"{shown(one)} is no id of a server. In Discord, switch on the developer mode, then copy the "
                "id from the server's menu."
            )
    return ids
