"""The key that signs and encrypts: made once, whole, and for its owner's eyes."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import Settings
from bot.errors import ConfigError
from bot.secret import secret_key

KEY = "k" * 43


def settings_of(home: Path, **environ: str) -> Settings:
    return Settings.load({"PAPERBOY_HOME": str(home), **environ}, home)


def test_the_setting_is_the_key_and_no_file_is_made(tmp_path: Path) -> None:
    key = secret_key(settings_of(tmp_path, PAPERBOY_SECRET_KEY="s" * 32), tmp_path)
    assert key.value == b"s" * 32
    assert list(tmp_path.iterdir()) == []


def test_the_first_start_makes_a_key_that_stays(tmp_path: Path) -> None:
    home = tmp_path / "not" / "yet"
    first = secret_key(settings_of(home), home)
    assert len(first.value) >= 32
    assert secret_key(settings_of(home), home) == first
    assert [file.name for file in home.iterdir()] == ["secret.key"]


def test_two_homes_have_two_keys(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert secret_key(settings, tmp_path / "a").value != secret_key(settings, tmp_path / "b").value


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX notion")
def test_the_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        key = secret_key(settings_of(tmp_path), tmp_path, lambda: KEY)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert key.warning is None


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX notion")
def test_a_file_that_others_can_read_is_used_with_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_text(KEY)
    file.chmod(0o640)
    key = secret_key(settings_of(tmp_path), tmp_path)
    assert key.value == KEY.encode()
    assert key.warning == f"{file} is open to other users of this machine: run chmod 600 {file}."


def test_the_key_that_another_process_made_meanwhile_counts(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    others: list[bytes] = []

    def token_made_while_another_process_finishes() -> str:
        others.append(secret_key(settings, tmp_path, lambda: KEY).value)
        return "m" * 43

    assert secret_key(settings, tmp_path, token_made_while_another_process_finishes).value == others[0]
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_end_with_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from bot.config import Settings; from bot.secret import secret_key;"
        "home = Path(sys.argv[1]); settings = Settings.load({'PAPERBOY_HOME': sys.argv[1]}, home);"
        "print('ready', flush=True); sys.stdin.readline(); print(secret_key(settings, home).value.hex())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert len(keys) == 1
    assert len(keys.pop()) >= 64


@pytest.mark.parametrize("content", ["", "\n", "half a key"])
def test_a_file_without_a_whole_key_is_an_error_that_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)
    with pytest.raises(ConfigError, match="Restore it from a backup") as caught:
        secret_key(settings_of(tmp_path), tmp_path)
    assert "half" not in str(caught.value)


def test_a_home_that_cannot_be_used_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("")
    with pytest.raises(ConfigError, match="or set PAPERBOY_SECRET_KEY"):
        secret_key(settings_of(tmp_path), home)


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    assert KEY not in repr(secret_key(settings_of(tmp_path), tmp_path, lambda: KEY))
