"""Settings: where each comes from, what is refused, and that no secret is ever shown."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Settings, env_name
from bot.config_shown import HIDDEN, initial_toml, render_config
from bot.errors import ConfigError


def load(tmp_path: Path, **environ: str) -> Settings:
    return Settings.load({"PAPERBOY_HOME": str(tmp_path / "home"), **environ}, tmp_path)


def problems(tmp_path: Path, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, **environ)
    return str(caught.value).split("\n")


def write_toml(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "paperboy.toml"
    file.write_text(text, encoding="utf-8")
    return file


# --- where values come from ----------------------------------------------------------------------


def test_without_anything_set_every_setting_has_its_default(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.database == tmp_path / "home" / "paperboy.db"
    assert settings.hf_endpoint == "https://huggingface.co"
    assert settings.arxiv_rss_url == "https://rss.arxiv.org/atom"
    assert settings.backfill_from == date(2023, 5, 1)
    assert (settings.github, settings.hackernews, settings.arxiv) == (True, True, True)
    assert settings.hf_token is None
    assert settings.timezone == "UTC"


def test_the_default_home_is_where_the_system_keeps_data(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").touch()
    settings = Settings.load({"PAPERBOY_CONFIG": "empty.toml"}, tmp_path)
    assert settings.home.name == "paperboy"
    assert settings.home.is_absolute()
    assert settings.origin("home") == "default"


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    file = write_toml(tmp_path, "poll_minutes = 20\nlate_limit_hours = 3\n")
    settings = load(tmp_path, PAPERBOY_POLL_MINUTES="30")
    assert (settings.poll_minutes, settings.late_limit_hours, settings.refresh_seconds) == (30, 3, 120)
    assert settings.origin("poll_minutes") == "PAPERBOY_POLL_MINUTES"
    assert settings.origin("late_limit_hours") == str(file)
    assert settings.origin("refresh_seconds") == "default"


def test_the_file_of_the_working_directory_goes_before_the_one_of_the_home_folder(tmp_path: Path) -> None:
    write_toml(tmp_path / "home", "poll_minutes = 40\n")
    assert load(tmp_path).poll_minutes == 40
    write_toml(tmp_path, "late_limit_hours = 3\n")
    settings = load(tmp_path)
    assert (settings.poll_minutes, settings.late_limit_hours) == (15, 3)


def test_a_named_file_is_the_only_one_read(tmp_path: Path) -> None:
    write_toml(tmp_path, "poll_minutes = 20\n")
    write_toml(tmp_path / "elsewhere", "late_limit_hours = 2\n")
    settings = load(tmp_path, PAPERBOY_CONFIG="elsewhere/paperboy.toml")
    assert (settings.poll_minutes, settings.late_limit_hours) == (15, 2)


def test_a_named_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    assert problems(tmp_path, PAPERBOY_CONFIG="none.toml") == [
        f"PAPERBOY_CONFIG: there is no file {missing}."
    ]


def test_an_empty_value_counts_as_not_set(tmp_path: Path) -> None:
    write_toml(tmp_path, 'hf_token = ""\npoll_minutes = 20\n')
    settings = load(tmp_path, PAPERBOY_POLL_MINUTES="", PAPERBOY_GITHUB_TOKEN="", PAPERBOY_CONFIG="")
    assert (settings.hf_token, settings.github_token, settings.poll_minutes) == (None, None, 20)


def test_relative_paths_start_at_the_working_directory(tmp_path: Path) -> None:
    settings = Settings.load({"PAPERBOY_HOME": "data", "PAPERBOY_DATABASE": "papers.db"}, tmp_path)
    assert (settings.home, settings.database) == (tmp_path / "data", tmp_path / "papers.db")


def test_a_tilde_is_the_persons_own_folder(tmp_path: Path) -> None:
    settings = Settings.load({"HOME": "/people/ada", "PAPERBOY_HOME": "~/paperboy"}, tmp_path)
    assert settings.database == Path("/people/ada/paperboy/paperboy.db")
    assert Settings.load({"HOME": "/people/ada", "PAPERBOY_HOME": "~"}, tmp_path).home == Path("/people/ada")


def test_a_home_named_in_the_file_moves_the_database_along(tmp_path: Path) -> None:
    write_toml(tmp_path, 'home = "there"\n')
    assert Settings.load({}, tmp_path).database == tmp_path / "there" / "paperboy.db"


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "paperboy.toml").write_bytes(b"\xef\xbb\xbfpoll_minutes = 5\n")
    assert load(tmp_path).poll_minutes == 5


def test_variables_that_are_not_ours_are_left_alone(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        HF_HOME="/x",
        PATH="/bin",
        PAPERBOY_PORT="tcp://10.0.0.1:80",  # Kubernetes, beside a service called paperboy
        PAPERBOY_PORT_80_TCP_ADDR="10.0.0.1",
        PAPERBOY_SERVICE_HOST="10.0.0.1",
        PAPERBOY_SERVICE_PORT_HTTP="80",
    )
    assert settings == load(tmp_path)


# --- values that work ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "written", "key", "value"),
    [
        ("PAPERBOY_GITHUB", "off", "github", False),
        ("PAPERBOY_GITHUB", " Yes ", "github", True),
        ("PAPERBOY_ARXIV", "0", "arxiv", False),
        ("PAPERBOY_BACKFILL_FROM", "off", "backfill_from", None),
        ("PAPERBOY_BACKFILL_FROM", "2025-02-28", "backfill_from", date(2025, 2, 28)),
        ("PAPERBOY_ARXIV_CATEGORIES", "cs.ai, STAT.ML cs.AI", "arxiv_categories", ("cs.AI", "stat.ML")),
        ("PAPERBOY_ARXIV_CATEGORIES", "quant-ph+math", "arxiv_categories", ("quant-ph", "math")),
        ("PAPERBOY_ARXIV_CATEGORIES", "COND-MAT.Mtrl-Sci", "arxiv_categories", ("cond-mat.mtrl-sci",)),
        ("PAPERBOY_ARXIV_CATEGORIES", "astro-ph.ga", "arxiv_categories", ("astro-ph.GA",)),
        ("PAPERBOY_TIMEZONE", "Asia/Kolkata", "timezone", "Asia/Kolkata"),
        ("PAPERBOY_LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("PAPERBOY_LOG_FORMAT", "json", "log_format", "json"),
        ("PAPERBOY_REFRESH_SECONDS", " 0 ", "refresh_seconds", 0),
        ("PAPERBOY_OPERATOR_CONTACT", "ada@example.org", "operator_contact", "ada@example.org"),
        ("PAPERBOY_OPERATOR_CONTACT", "https://example.org/x", "operator_contact", "https://example.org/x"),
        ("HF_ENDPOINT", "http://127.0.0.1:8123/", "hf_endpoint", "http://127.0.0.1:8123"),
        ("PAPERBOY_HN_API_URL", "https://[::1]:8000/api/v1", "hn_api_url", "https://[::1]:8000/api/v1"),
    ],
)
def test_a_value_is_read_as_people_write_it(
    tmp_path: Path, name: str, written: str, key: str, value: object
) -> None:
    assert getattr(load(tmp_path, **{name: written}), key) == value


def test_toml_may_use_its_own_types(tmp_path: Path) -> None:
    write_toml(tmp_path, 'github = false\narxiv_categories = ["cs.CL"]\nbackfill_from = 2024-01-01\n')
    settings = load(tmp_path)
    assert (settings.github, settings.arxiv_categories) == (False, ("cs.CL",))
    assert settings.backfill_from == date(2024, 1, 1)
    write_toml(tmp_path, "backfill_from = false\n")
    assert load(tmp_path).backfill_from is None


# --- values that do not --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "written", "says"),
    [
        ("PAPERBOY_DATABASE", "postgresql://ada:hunter2@db/x", "PostgreSQL comes in a later version"),
        ("PAPERBOY_DATABASE", "sqlite:///x.db", "an address of the network cannot be used here"),
        ("PAPERBOY_DATABASE", "a\0b", "null character"),
        ("PAPERBOY_DATABASE", "~/x.db", "HOME is not set"),
        ("HF_ENDPOINT", "huggingface.co", "begins with https://"),
        ("HF_ENDPOINT", "ftp://huggingface.co", "begins with https://"),
        ("HF_ENDPOINT", "https://", "begins with https://"),
        ("HF_ENDPOINT", "https://host:99999", "begins with https://"),
        ("HF_ENDPOINT", "https://hugging face.co", "begins with https://"),
        ("HF_ENDPOINT", "https://ada:hunter2@mirror", "without them"),
        ("HF_ENDPOINT", "https://mirror/?key=1", "behind '?'"),
        ("HF_TOKEN", "two words", "copy it again"),
        ("HF_TOKEN", "hf_abc\nX-Evil: 1", "copy it again"),
        ("PAPERBOY_SECRET_KEY", "hunter2", "shorter than 32 characters"),
        ("PAPERBOY_POLL_MINUTES", "0", "a whole number of minutes from 1 to 1440"),
        ("PAPERBOY_POLL_MINUTES", "1.5", "a whole number of minutes from 1 to 1440"),
        ("PAPERBOY_POLL_MINUTES", "9" * 5000, "a whole number of minutes from 1 to 1440"),
        ("PAPERBOY_LATE_LIMIT_HOURS", "-1", "a whole number of hours from 0 to 24"),
        ("PAPERBOY_GITHUB", "maybe", "'maybe' is neither on nor off"),
        ("PAPERBOY_LOG_LEVEL", "loud", "'loud' is not one of debug, info, warning, error."),
        ("PAPERBOY_TIMEZONE", "Europe/Berln", "did you mean Europe/Berlin?"),
        ("PAPERBOY_TIMEZONE", "../../etc/passwd", "is not a time zone"),
        ("PAPERBOY_TIMEZONE", "Europe", "is not a time zone"),
        ("PAPERBOY_TIMEZONE", "@@@@", "they look like Europe/Berlin."),
        ("PAPERBOY_BACKFILL_FROM", "2025-02-30", "'2025-02-30' is not a day"),
        ("PAPERBOY_BACKFILL_FROM", "May 2023", "write one like 2023-05-01, or off."),
        ("PAPERBOY_ARXIV_CATEGORIES", "machine learning!", "'learning!' is not an arXiv category"),
        ("PAPERBOY_OPERATOR_CONTACT", "me", "neither an e-mail address nor a web address"),
        ("PAPERBOY_OPERATOR_CONTACT", "a@b.org) evil/1 (", "neither an e-mail address nor a web address"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_setting_and_what_would_work(
    tmp_path: Path, name: str, written: str, says: str
) -> None:
    [line] = problems(tmp_path, **{name: written})
    assert line.startswith(f"{name}: ")
    assert says in line
    assert len(line) < 250
    assert "hunter2" not in line
    assert "Evil" not in line


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("poll_minutes = true", "True is not a whole number"),
        ("poll_minutes = 15.0", "15.0 is not a whole number"),
        ("github = 1", "1 is neither on nor off"),
        ("log_level = 3", "3 is not one of"),
        ("home = 3", "3 is not a text"),
        ("hf_token = 3", "not a text"),
        ("arxiv_categories = []", "switch the setting arxiv off"),
        ("arxiv_categories = 7", "7 is not a list"),
        ("arxiv_categories = [7]", "7 is not a text"),
        ("backfill_from = 2023-05-01T00:00:00Z", "is not a day"),
        ("backfill_from = 2023", "2023 is not a day"),
    ],
)
def test_a_toml_value_of_the_wrong_type_is_a_problem_that_names_key_and_file(
    tmp_path: Path, line: str, says: str
) -> None:
    file = write_toml(tmp_path, line + "\n")
    [problem] = problems_without_home(tmp_path)
    assert problem.startswith(f"{line.partition(' ')[0]} in {file}: ")
    assert says in problem


def problems_without_home(tmp_path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Settings.load({}, tmp_path)
    return str(caught.value).split("\n")


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    file = write_toml(tmp_path, 'late_limit_hours = "soon"\ncolour = "red"\n')
    lines = problems(tmp_path, PAPERBOY_POLL_MINUTES="x", PAPERBOY_TIMEZONE="Nowhere", PAPERBOY_DATABSE="y")
    assert sorted(line.split(":")[0] for line in lines) == [
        "PAPERBOY_DATABSE",
        "PAPERBOY_POLL_MINUTES",
        "PAPERBOY_TIMEZONE",
        f"colour in {file}",
        f"late_limit_hours in {file}",
    ]


def test_a_bad_home_is_reported_once_and_not_again_for_the_database(tmp_path: Path) -> None:
    [line] = problems(tmp_path, PAPERBOY_HOME="~/x")
    assert line.startswith("PAPERBOY_HOME: ")


def test_a_bad_name_of_the_file_is_reported_beside_the_other_problems(tmp_path: Path) -> None:
    lines = problems(tmp_path, PAPERBOY_CONFIG="~/x.toml", PAPERBOY_POLL_MINUTES="x")
    assert [line.split(":")[0] for line in lines] == ["PAPERBOY_CONFIG", "PAPERBOY_POLL_MINUTES"]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("PAPERBOY_DATABSE", "did you mean PAPERBOY_DATABASE?"),
        ("PAPERBOY_HF_TOKEN", "did you mean HF_TOKEN?"),
        ("PAPERBOY_XQ9", "`paperboy config show` lists them all."),
    ],
)
def test_an_unknown_variable_is_a_problem_with_the_nearest_right_name(
    tmp_path: Path, name: str, right: str
) -> None:
    assert problems(tmp_path, **{name: "x"}) == [f"{name}: there is no such setting; {right}"]


@pytest.mark.parametrize(
    ("key", "right"),
    [("databse", "database"), ("PAPERBOY_DATABASE", "database"), ("HF_TOKEN", "hf_token")],
)
def test_an_unknown_key_is_a_problem_with_the_nearest_right_key(tmp_path: Path, key: str, right: str) -> None:
    file = write_toml(tmp_path, f'{key} = "x"\n')
    expected = f"{key} in {file}: there is no such setting; did you mean {right}?"
    assert problems_without_home(tmp_path) == [expected]


def test_a_name_with_a_line_break_still_makes_one_line(tmp_path: Path) -> None:
    assert len(problems(tmp_path, **{"PAPERBOY_A\nB": "x"})) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"poll_minutes = ", "is not valid TOML: "), (b"# \xff\n", "is not UTF-8 text")],
)
def test_a_file_that_cannot_be_understood_is_one_problem(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "paperboy.toml").write_bytes(content)
    [line] = problems(tmp_path)
    assert line.startswith(f"{tmp_path / 'paperboy.toml'}: ")
    assert says in line


def test_a_folder_in_the_place_of_the_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "paperboy.toml").mkdir()  # Docker makes one where a mounted file is missing
    [line] = problems(tmp_path)
    assert "cannot be read" in line


# --- secrets -------------------------------------------------------------------------------------

_SECRETS = ("secret_key", "hf_token", "github_token")
# Long and unlike anything else, so that finding one means that it leaked.
_TOKENS = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=40, max_size=60)


@given(st.lists(_TOKENS, min_size=3, max_size=3))
def test_no_secret_is_shown_by_any_rendering(tokens: list[str]) -> None:
    environ = {env_name(key): token for key, token in zip(_SECRETS, tokens, strict=True)}
    settings = Settings.load({"PAPERBOY_HOME": "/nowhere", **environ}, Path("/nowhere"))
    rendered = f"{render_config(settings)}{settings!r}{settings}{settings.model_dump()}"
    assert not any(token in rendered for token in tokens)
    assert [row.value for row in render_config(settings) if row.name in _SECRETS] == [HIDDEN] * 3


@given(_TOKENS, st.sampled_from([" ", "\n", "é", "\0"]), st.sampled_from(["HF_TOKEN", "PAPERBOY_SECRET_KEY"]))
def test_no_secret_is_shown_by_the_problem_it_makes(token: str, break_: str, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load({"PAPERBOY_HOME": "/nowhere", name: token + break_ + token}, Path("/nowhere"))
    assert token not in f"{caught.value}{caught.value.__cause__}{caught.value.__context__}"


# --- showing -------------------------------------------------------------------------------------


def test_the_settings_are_shown_with_value_and_origin(tmp_path: Path) -> None:
    settings = load(tmp_path, PAPERBOY_GITHUB="no", PAPERBOY_BACKFILL_FROM="off", HF_TOKEN="hf_secret")
    rows = {row.name: (row.value, row.origin) for row in render_config(settings)}
    assert list(rows) == list(Settings.model_fields)
    assert rows["github"] == ("off", "PAPERBOY_GITHUB")
    assert rows["hackernews"] == ("on", "default")
    assert rows["backfill_from"] == ("off", "PAPERBOY_BACKFILL_FROM")
    assert rows["hf_token"] == (HIDDEN, "HF_TOKEN")
    assert rows["github_token"] == ("not set", "default")
    assert rows["arxiv_categories"][0].startswith("cs.AI cs.CL ")
    assert rows["home"] == (str(tmp_path / "home"), "PAPERBOY_HOME")


def test_the_first_file_changes_nothing_and_explains_every_setting(tmp_path: Path) -> None:
    text = initial_toml()
    assert tomllib.loads(text) == {}
    for key, field in Settings.model_fields.items():
        assert f"\n#{key} = " in text
        assert f"# Environment: {env_name(key)}\n" in text
        assert field.description
        assert field.description.endswith(".")


def test_the_first_file_holds_the_defaults_when_every_line_is_switched_on(tmp_path: Path) -> None:
    lines = initial_toml().splitlines()
    active = "\n".join(line.removeprefix("#") for line in lines if not line.startswith("# "))
    write_toml(tmp_path, active)
    settings = Settings.load({"HOME": "/people/ada"}, tmp_path)
    plain = load(tmp_path / "elsewhere")
    where = {"home", "database"}
    assert settings.model_dump(exclude=where) == plain.model_dump(exclude=where)
    assert settings.database == Path("/people/ada/paperboy/paperboy.db")
