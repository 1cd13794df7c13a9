"""How to keep Paperboy running: what people paste must be right as it stands, whatever the paths are."""

import plistlib
from pathlib import Path

import pytest

from bot.cli.keeping import keep_running

PROGRAM = Path("/opt/my tools & more/paperboy")
CONFIG = Path('/home/ada/100% "mine"/paperboy.toml')


def test_a_unit_names_the_paths_as_systemd_reads_them() -> None:
    text = keep_running(PROGRAM, CONFIG, late_hours=6)
    assert 'ExecStart="/opt/my tools & more/paperboy" run' in text
    assert 'Environment="PAPERBOY_CONFIG=/home/ada/100%% \\"mine\\"/paperboy.toml"' in text


def test_a_property_list_can_be_read() -> None:
    text = keep_running(PROGRAM, CONFIG, late_hours=6)
    start, end = text.index("<?xml"), text.index("</plist>") + len("</plist>")
    read = plistlib.loads("\n".join(line.strip() for line in text[start:end].splitlines()).encode())
    assert read["ProgramArguments"] == [str(PROGRAM), "run"]
    assert read["EnvironmentVariables"] == {"PAPERBOY_CONFIG": str(CONFIG)}


@pytest.mark.parametrize(("hours", "told"), [(6, "up to 6 h the digest still comes"), (0, "the best papers")])
def test_what_happens_when_the_lid_closes_is_as_the_settings_have_it(hours: int, told: str) -> None:
    text = " ".join(keep_running(PROGRAM, CONFIG, late_hours=hours).split())
    assert f"When it opens, {'for ' if hours else ''}{told}" in text
