"""Settings: from the environment, then `paperboy.toml`, then defaults; every problem is reported at once.

What is read is what the caller hands over, never `os.environ`: a test or a second instance sees exactly the
settings that it asked for. An empty value counts as not set, so that a line `NAME=` does no harm.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import platformdirs
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
)

from bot import config_values as values
from bot.errors import ConfigError

CONFIG_FILE: Final = "paperboy.toml"
CONFIG_VARIABLE: Final = "PAPERBOY_CONFIG"

_PREFIX: Final = "PAPERBOY_"
# Kubernetes sets these in every container that stands beside a service called "paperboy".
_SERVICE_LINK: Final = re.compile(r"PAPERBOY_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")


def env_name(key: str) -> str:
    """The environment variable of a setting; Hugging Face's own names are kept as its client has them."""
    return key.upper() if key.startswith("hf_") else _PREFIX + key.upper()


def default_home() -> Path:
    """Where this system keeps the data of programs: the one thing that is not taken from the caller."""
    return platformdirs.user_data_path("paperboy", appauthor=False)


def _path(raw: object, info: ValidationInfo) -> Path:
    context = info.context or {}
    return values.path(raw, context.get("cwd", Path()), context.get("user_home"))


def _optional_path(raw: object, info: ValidationInfo) -> Path | None:
    return _path(raw, info) if raw else None


_FilePath = Annotated[Path, BeforeValidator(_path)]
_BaseUrl = Annotated[str, BeforeValidator(values.base_url)]
_Secret = Annotated[SecretStr | None, BeforeValidator(values.secret)]
_Flag = Annotated[bool, BeforeValidator(values.flag)]


class Settings(BaseModel):
    """Everything that can be set, checked. The descriptions are what people read: see `initial_toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    home: _FilePath = Field(
        default_factory=default_home,
        description="Folder of the database, the search index and caches. "
        "Unless set: where this system keeps the data of programs.",
        examples=["~/paperboy"],
    )
    database: _FilePath = Field(
        default_factory=lambda found: found["home"] / "paperboy.db",
        description="Path of the SQLite file; a relative one starts at the working directory. "
        "Unless set: paperboy.db in the home folder.",
        examples=["~/paperboy/paperboy.db"],
    )
    secret_key: Annotated[SecretStr | None, BeforeValidator(values.secret_key)] = Field(
        None,
        description="Signs links and encrypts stored tokens; at least 32 characters. "
        "Unless set: made at first start and kept in secret.key in the home folder.",
    )

    hf_endpoint: _BaseUrl = Field(
        "https://huggingface.co", description="Base address of Hugging Face, or of a mirror of it."
    )
    hf_token: _Secret = Field(
        None, description="Token of Hugging Face; optional, and raises the limit on requests."
    )
    arxiv: _Flag = Field(True, description="Whether arXiv is asked for its listings and for paper details.")
    arxiv_api_url: _BaseUrl = Field(
        "https://export.arxiv.org/api/query", description="Address of arXiv's query interface."
    )
    arxiv_rss_url: _BaseUrl = Field(
        "https://rss.arxiv.org/atom", description="Address of arXiv's new listings, before the categories."
    )
    arxiv_categories: Annotated[tuple[str, ...], BeforeValidator(values.categories)] = Field(
        (
            *("cs.AI", "cs.CL", "cs.CV", "cs.IR", "cs.LG", "cs.MA", "cs.NE", "cs.RO", "cs.SD"),
            *("eess.AS", "stat.ML"),
        ),
        description="Categories whose new listings are read, for destinations that take what is announced.",
    )
    github: _Flag = Field(True, description="Whether GitHub is asked for the stars of papers' repositories.")
    github_api_url: _BaseUrl = Field("https://api.github.com", description="Base address of GitHub's API.")
    github_token: _Secret = Field(
        None, description="Token of GitHub; optional, raises its limit from 60 to 5,000 requests an hour."
    )
    hackernews: _Flag = Field(True, description="Whether Hacker News is asked for points.")
    hn_api_url: _BaseUrl = Field(
        "https://hn.algolia.com/api/v1", description="Base address of the search of Hacker News."
    )
    operator_contact: Annotated[str | None, BeforeValidator(values.contact)] = Field(
        None,
        description="An e-mail or web address of yours, told to the upstreams with every request, "
        "so that they can write to you before they block you.",
    )

    poll_minutes: Annotated[int, BeforeValidator(values.whole(1, 1440, "minutes"))] = Field(
        15, description="Minutes between two readings of a source."
    )
    backfill_from: Annotated[date | None, BeforeValidator(values.day_or_off)] = Field(
        date(2023, 5, 1),
        description="The first start fills the store with daily lists back to this day; off fills nothing.",
    )
    keep_readings_days: Annotated[int, BeforeValidator(values.whole(1, 36500, "days"))] = Field(
        90,
        description="Days for which every reading is kept; older ones thin out to hourly, then daily, "
        "but for those that editions were made of.",
    )
    refresh_seconds: Annotated[int, BeforeValidator(values.whole(0, 600, "seconds"))] = Field(
        120, description="The longest that a post waits for the sources to be read anew, in seconds."
    )
    late_limit_hours: Annotated[int, BeforeValidator(values.whole(0, 24, "hours"))] = Field(
        6, description="A post missed by less than these hours is still sent, marked as late."
    )
    semantic_model: Annotated[str, BeforeValidator(values.semantic_model)] = Field(
        "static",
        description="What searches by meaning: static (the model that comes with Paperboy), none, or, with "
        "the extra [semantic], the folder or the Hugging Face name of a sentence-transformers model.",
    )
    live_search: _Flag = Field(
        False,
        description="Whether a search also asks Hugging Face and arXiv. They then learn what people search "
        "for; each answer says so.",
    )
    timezone: Annotated[str, BeforeValidator(values.zone)] = Field(
        "UTC", description="Time zone of a new destination that names none."
    )

    web: _Flag = Field(
        True, description="Whether the web page is served: today's papers, the archive, search."
    )
    web_thumbnails: _Flag = Field(
        False,
        description="Whether the page shows the papers' small pictures, which readers' browsers then fetch "
        "from Hugging Face.",
    )
    metrics: Annotated[
        Literal["local", "all", "off"], BeforeValidator(values.choice("local", "all", "off"))
    ] = Field(
        "local",
        description="Who may read /metrics (Prometheus): local (programs on this machine), all, or off.",
    )
    web_address: Annotated[str, BeforeValidator(values.listen_address)] = Field(
        "127.0.0.1:8000", description="Where Paperboy's web server listens, as HOST:PORT."
    )
    public_url: Annotated[str | None, BeforeValidator(values.optional_url)] = Field(
        None,
        description="How the world reaches the web server, such as https://papers.example.org. Without it, "
        "links that need it are left out, and Slack is reached by Socket Mode alone.",
    )

    slack_bot_token: _Secret = Field(
        None, description="Slack: the bot token (xoxb-…) of one workspace. `paperboy setup slack` finds it."
    )
    slack_app_token: _Secret = Field(
        None,
        description="Slack: the app-level token (xapp-…) with connections:write. Chooses Socket Mode, which "
        "needs no public address.",
    )
    slack_signing_secret: _Secret = Field(
        None, description="Slack: the signing secret, which chooses HTTP: Slack calls the public address."
    )
    slack_client_id: Annotated[str | None, BeforeValidator(values.line)] = Field(
        None, description="Slack: the client id, with which many workspaces can install the bot by OAuth."
    )
    slack_client_secret: _Secret = Field(None, description="Slack: the client secret, for OAuth.")
    slack_api_url: _BaseUrl = Field("https://slack.com/api", description="Base address of Slack's Web API.")
    slack_command: Annotated[str, BeforeValidator(values.slash_command)] = Field(
        "/papers", description="The slash command that people type in Slack; also in the manifest."
    )
    slack_packs: Annotated[tuple[str, ...], BeforeValidator(values.slack_packs)] = Field(
        (),
        description="What Slack is asked for beyond posting and answering, each with scopes of its own: "
        "recheck, links, plots, join, channels, people. docs/slack.md says what each is for.",
    )
    slack_managers: Annotated[tuple[str, ...], BeforeValidator(values.slack_managers)] = Field(
        ("members",),
        description="Who may manage a channel's digest in Slack: members (its full members, never guests), "
        "admins (of the workspace), or the ids of people, such as U012ABCDEF, who count as full members. "
        "Telling administrators from others needs the pack people.",
    )
    slack_guests: Annotated[
        Literal["possible", "none"], BeforeValidator(values.choice("possible", "none"))
    ] = Field(
        "possible",
        description="Whether there may be guests in the Slack workspaces: possible or none. Nothing is "
        "stored of guests. Telling them from members needs the pack people; without it, and unless there are "
        "none, something is stored only of those whom slack_managers names and of whoever installed the bot.",
    )
    discord_token: _Secret = Field(
        None, description="Discord: the bot's token. `paperboy setup discord` asks for it."
    )
    discord_api_url: _BaseUrl = Field(
        "https://discord.com/api/v10", description="Base address of Discord's API."
    )
    discord_gateway_url: Annotated[str | None, BeforeValidator(values.optional_socket_url)] = Field(
        None, description="Address of Discord's gateway (wss://…). Unless set: as Discord's API tells."
    )
    discord_command: Annotated[str, BeforeValidator(values.discord_command)] = Field(
        "papers",
        description="The slash command that people type in Discord. What manages a channel stands under the "
        "same name with -channel behind it, so that a server can say who sees it.",
    )
    discord_link_cards: Annotated[tuple[str, ...], BeforeValidator(values.discord_servers)] = Field(
        (),
        description="Ids of the Discord servers where a posted link to a paper is answered with a card. It "
        "needs the privileged intent to read messages, which Discord reviews from 10,000 users on.",
    )
    smtp_url: Annotated[SecretStr | None, BeforeValidator(values.smtp_url)] = Field(
        None,
        description="Mail: the server that mails are handed to, as smtp://USER:PASSWORD@HOST:587 (STARTTLS) "
        "or smtps://USER:PASSWORD@HOST:465 (TLS). `paperboy setup mail` asks for it.",
    )
    mail_from: Annotated[str | None, BeforeValidator(values.mail_sender)] = Field(
        None,
        description="Mail: who mails come from, such as Paperboy <papers@example.org>. What cannot be "
        "delivered comes back there.",
    )
    mail_bounces: Annotated[Path | None, BeforeValidator(_optional_path)] = Field(
        None,
        description="Mail: a maildir in which what comes back is looked for, unless your mail server hands "
        "it to `paperboy mail bounce`.",
    )
    mail_per_minute: Annotated[int, BeforeValidator(values.whole(1, 100_000, "mails"))] = Field(
        120, description="Mail: how many go out in a minute, at most. Providers say what they take."
    )
    sharing: _Flag = Field(
        True, description="Whether people may share an answer that they got with everybody in a channel."
    )

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(values.choice("debug", "info", "warning", "error")),
    ] = Field("info", description="The least that is logged: debug, info, warning or error.")
    log_format: Annotated[Literal["console", "json"], BeforeValidator(values.choice("console", "json"))] = (
        Field("console", description="How it is logged: console for people, json for programs.")
    )

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _file: Path | None = PrivateAttr(None)

    @classmethod
    def load(cls, environ: Mapping[str, str], cwd: Path) -> Self:
        """The settings that these variables, and the TOML file that they lead to, make.

        `cwd` is absolute. Reads at most one file: `$PAPERBOY_CONFIG`, else `paperboy.toml` in `cwd`, else the
        one in the home folder. Raises `ConfigError` with one line for each problem.
        """
        user_home = environ.get("HOME") or environ.get("USERPROFILE")
        from_env = {key: environ[env_name(key)] for key in cls.model_fields if environ.get(env_name(key))}
        file, table, problems = _toml(environ, from_env.get("home"), cwd, user_home)
        from_toml = {key: value for key, value in table.items() if key in cls.model_fields and value != ""}

        names = {key: f"{key} in {file}" for key in from_toml} | {key: env_name(key) for key in from_env}
        origins = {key: str(file) for key in from_toml} | {key: env_name(key) for key in from_env}
        context = {"cwd": cwd, "user_home": user_home, "origins": origins, "file": file}
        try:
            settings = cls.model_validate(from_toml | from_env, context=context)
        except ValidationError as error:
            problems += [
                f"{names[str(found['loc'][0])]}: {found['ctx']['error']}"
                for found in error.errors(include_url=False, include_input=False)
                if found["type"] == "value_error"  # the others are defaults that depend on such a value
            ]
        problems += [
            _unknown(f"{values.printable(key)} in {file}", key, in_environ=False)
            for key in table
            if key not in cls.model_fields
        ]
        problems += [
            _unknown(values.printable(name), name, in_environ=True) for name in environ if _is_unknown(name)
        ]
        if problems:
            raise ConfigError("\n".join(problems))
        return settings

    def model_post_init(self, context: Any, /) -> None:
        """Keeps where each value came from."""
        self._origins = context["origins"] if context else {}
        self._file = context["file"] if context else None

    @property
    def file(self) -> Path | None:
        """The TOML file that was read; `None` if there is none."""
        return self._file

    def origin(self, key: str) -> str:
        """Where the value is from: an environment variable, the path of a TOML file, or `default`."""
        return self._origins.get(key, "default")


def _toml(
    environ: Mapping[str, str], home: str | None, cwd: Path, user_home: str | None
) -> tuple[Path | None, dict[str, Any], list[str]]:
    """The TOML file that counts, what it holds, and what is wrong with it."""
    named = environ.get(CONFIG_VARIABLE)
    try:
        if named:
            candidates = [values.path(named, cwd, user_home)]
        else:
            home_path = values.path(home, cwd, user_home) if home else default_home()
            candidates = [cwd / CONFIG_FILE, home_path / CONFIG_FILE]
    except values.BadValueError as error:  # a bad home is reported with the other values
        return None, {}, [f"{CONFIG_VARIABLE}: {error}"] if named else []
    for file in candidates:
        try:
            return file, tomllib.loads(file.read_bytes().decode("utf-8-sig")), []
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            return file, {}, [f"{file}: the file cannot be read ({error.strerror}); make it readable."]
        except UnicodeDecodeError:
            return file, {}, [f"{file}: the file is not UTF-8 text; save it as UTF-8."]
        except ValueError as error:
            return file, {}, [f"{file}: the file is not valid TOML: {error}."]
    return None, {}, [f"{CONFIG_VARIABLE}: there is no file {candidates[0]}."] if named else []


def _is_unknown(name: str) -> bool:
    known = {CONFIG_VARIABLE, *map(env_name, Settings.model_fields)}
    return name.startswith(_PREFIX) and name not in known and not _SERVICE_LINK.fullmatch(name)


def _unknown(where: str, name: str, *, in_environ: bool) -> str:
    """The line about a name that no setting has, with the nearest one that exists."""
    key = name.lower().removeprefix(_PREFIX.lower())
    near = get_close_matches(key, Settings.model_fields, n=1)
    right = [env_name(found) if in_environ else found for found in near]
    hint = f"did you mean {right[0]}?" if right else "`paperboy config show` lists them all."
    return f"{where}: there is no such setting; {hint}"
