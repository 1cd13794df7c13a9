"""The SMTP server that mails are handed to, as its address in the settings says it."""

import ssl
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from bot.errors import ConfigError

_PORTS: Final = {"smtp": 587, "smtps": 465}
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where it is, and how it is spoken to. No `repr` shows who logs in."""

    host: str
    port: int
    tls: bool  # from the first byte; else STARTTLS, unless it is `plain`
    plain: bool = False  # without any: on this machine, or where the settings say so
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False, compare=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Of a `smtp_url` that was checked already (`bot.config_values.smtp_url`).

        Raises `ConfigError` where a password would go over a network for everybody to read.
        """
        parts = urlsplit(url)
        host, tls = parts.hostname or "", parts.scheme == "smtps"
        plain = not tls and (host in _THIS_MACHINE or parts.query == "tls=off")
        if parts.password and plain and host not in _THIS_MACHINE:
            raise ConfigError(
                "PAPERBOY_SMTP_URL: a password is never sent without TLS to another machine; leave out "
                "?tls=off, or the user and the password."
            )
        return cls(
            host=host,
            port=parts.port or (25 if plain else _PORTS[parts.scheme]),
            tls=tls,
            plain=plain,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def name(self) -> str:
        """What it is called in sentences."""
        return f"The mail server {self.host}:{self.port}"
