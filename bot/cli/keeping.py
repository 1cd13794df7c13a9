"""How to keep Paperboy running after the terminal is closed, with the real paths filled in."""

import textwrap
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

_WIDTH: Final = 100

_UNIT: Final = """\
[Unit]
Description=Paperboy
Wants=network-online.target
After=network-online.target

[Service]
ExecStart="{program}" run
Environment="PAPERBOY_CONFIG={config}"
Restart=always
RestartSec=10

[Install]
WantedBy=default.target
"""

_PLIST: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
  <key>Label</key><string>paperboy</string>
  <key>ProgramArguments</key><array><string>{program}</string><string>run</string></array>
  <key>EnvironmentVariables</key><dict>
    <key>PAPERBOY_CONFIG</key><string>{config}</string></dict>
  <key>RunAtLoad</key><true/><key>KeepAlive</key><true/>
</dict></plist>
"""


def keep_running(program: Path, config: Path, *, late_hours: int) -> str:
    """What to do for good, by what people have: Docker, systemd, launchd.

    `late_hours` is how late a digest that was missed still goes out; 0: not at all.
    """
    late = (
        f"for up to {late_hours} h the digest still comes, marked as late; after that, " if late_hours else ""
    )
    lid = (
        "Digests come only while Paperboy runs. On a laptop they wait while the lid is closed. When it "
        f"opens, {late}the best papers come with the next one. Nothing comes twice. A machine that is always "
        "on is better:"
    )
    return "\n".join(
        (
            textwrap.fill(lid, _WIDTH),
            "",
            "Docker (on any server): in a clone of the project, with these settings in .env",
            "    docker compose up --detach",
            "",
            "systemd (Linux): save this as ~/.config/systemd/user/paperboy.service",
            textwrap.indent(_UNIT.format(program=_quoted(program), config=_quoted(config)), "    "),
            "  then",
            "    systemctl --user enable --now paperboy",
            "    loginctl enable-linger",
            "",
            "launchd (macOS): save this as ~/Library/LaunchAgents/paperboy.plist",
            textwrap.indent(_PLIST.format(program=escape(str(program)), config=escape(str(config))), "    "),
            "  then",
            "    launchctl load ~/Library/LaunchAgents/paperboy.plist",
        )
    )


def _quoted(path: Path) -> str:
    """As it may stand between quotes in a unit (systemd.service, "Command lines")."""
    return str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
