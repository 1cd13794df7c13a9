"""How to keep Paperboy running after the terminal is closed, with the real paths filled in."""

import textwrap
from pathlib import Path


def keep_running(program: Path, config: Path) -> str:
    """What to do for good, by what people have: Docker, systemd, launchd. Addresses nobody by guess."""
    return textwrap.dedent(
        f"""\
        Digests come only while Paperboy runs. On a laptop they wait while the lid is closed: when it opens
        within 6 hours of the time, the digest still comes, marked as late; after that, the best papers come
        with the next one. Nothing is lost, and nothing comes twice. A machine that is always on is better:

        Docker (on any server)
            docker compose up --detach        in a clone of the project, with the settings in .env

        systemd (Linux): save this as ~/.config/systemd/user/paperboy.service
            [Unit]
            Description=Paperboy
            Wants=network-online.target
            After=network-online.target

            [Service]
            ExecStart={program} run
            Environment=PAPERBOY_CONFIG={config}
            Restart=always
            RestartSec=10

            [Install]
            WantedBy=default.target
          then
            systemctl --user enable --now paperboy
            loginctl enable-linger

        launchd (macOS): save this as ~/Library/LaunchAgents/paperboy.plist
            <?xml version="1.0" encoding="UTF-8"?>
            <plist version="1.0"><dict>
              <key>Label</key><string>paperboy</string>
              <key>ProgramArguments</key><array><string>{program}</string><string>run</string></array>
              <key>EnvironmentVariables</key><dict>
                <key>PAPERBOY_CONFIG</key><string>{config}</string></dict>
              <key>RunAtLoad</key><true/><key>KeepAlive</key><true/>
            </dict></plist>
          then
            launchctl load ~/Library/LaunchAgents/paperboy.plist
        """
    )
