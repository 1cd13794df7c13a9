"""What `paperboy setup` writes into the settings file, and what it leaves as it was."""

import os
import stat
from pathlib import Path

import pytest

from bot.cli.settings_file import check_settings_file, write_settings
from bot.config import Settings
from bot.config_shown import initial_toml
from bot.errors import ConfigError

TOKEN = {"slack_bot_token": "xoxb-1"}


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_new_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "paperboy.toml"
    write_settings(file, {**TOKEN, "slack_packs": ["links", "people"]})
    assert mode(file) == 0o600
    settings = Settings.load({"PAPERBOY_CONFIG": str(file)}, tmp_path)
    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert settings.slack_packs == ("links", "people")


def test_other_keys_comments_and_order_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "paperboy.toml"
    before = '# Ours.\npoll_minutes = 30  # not too often\nslack_bot_token = "xoxb-0"\n\n# The end.\n'
    file.write_text(before)
    file.chmod(0o644)
    write_settings(file, {**TOKEN, "slack_app_token": "xapp-1"})
    assert file.read_text() == before.replace("xoxb-0", "xoxb-1") + 'slack_app_token = "xapp-1"\n'
    assert mode(file) == 0o600


def test_a_file_of_explained_defaults_stays_explained(tmp_path: Path) -> None:
    file = tmp_path / "paperboy.toml"
    file.write_text(initial_toml())
    write_settings(file, TOKEN)
    assert file.read_text().startswith(initial_toml())
    assert Settings.load({"PAPERBOY_CONFIG": str(file)}, tmp_path).origin("slack_bot_token") == str(file)


def test_what_windows_editors_write_is_read_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "paperboy.toml"
    file.write_bytes(b"\xef\xbb\xbfpoll_minutes = 30\r\n# Ours.\r\n")
    write_settings(file, TOKEN)
    assert file.read_bytes().startswith(b"poll_minutes = 30\r\n# Ours.\r\n")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles" / "paperboy.toml", tmp_path / "paperboy.toml"
    real.parent.mkdir()
    link.symlink_to(real)
    write_settings(link, TOKEN)
    assert link.is_symlink()
    assert "xoxb-1" in real.read_text()
    assert mode(real) == 0o600


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    write_settings(tmp_path / "paperboy.toml", TOKEN)
    assert [one.name for one in tmp_path.iterdir()] == ["paperboy.toml"]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"poll_minutes = \n", "not valid TOML"), (b"poll_minutes = 30 # \xff\n", "not UTF-8")],
)
def test_a_file_that_cannot_be_understood_is_left_alone(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "paperboy.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=told):
        check_settings_file(file)
    with pytest.raises(ConfigError, match=told):
        write_settings(file, TOKEN)
    assert file.read_bytes() == content


def test_where_nothing_can_be_written_that_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be"):
        check_settings_file(tmp_path / "file" / "paperboy.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        check_settings_file(tmp_path)  # a folder


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "paperboy.toml"
    file.write_text("poll_minutes = 30\n")
    file.chmod(0o400)
    with pytest.raises(ConfigError, match="read-only"):
        write_settings(file, TOKEN)
    assert file.read_text() == "poll_minutes = 30\n"
