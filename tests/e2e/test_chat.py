"""`paperboy chat` at a real terminal: a prompt, an answer a line, and Ctrl-D ends it."""

import os
import pty
import select
import subprocess
import time
from pathlib import Path

from tests.e2e.command import PATIENCE, PROGRAM, Command

PROMPT = "papers> "


class Terminal:
    """Our end of a terminal at which the program runs."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._shown = ""

    def type(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def shows(self, wanted: str) -> str:
        """What was shown since the last time, up to the text that is waited for."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self._shown:
            ready, _, _ = select.select([self._descriptor], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"{wanted!r} never came; this did:\n{self._shown}"
            self._shown += os.read(self._descriptor, 1 << 16).decode("utf-8", "replace")
        before, _, self._shown = self._shown.partition(wanted)
        return before


def test_a_talk_at_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = Command(tmp_path)
    with subprocess.Popen(
        [*PROGRAM, "chat"],
        env=command.environment(TERM="dumb", COLUMNS="100"),
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        terminal = Terminal(ours)
        try:
            assert "Trending papers" in terminal.shows(PROMPT), "what there is comes first"
            terminal.type("help\n")
            assert "What you can do here" in terminal.shows(PROMPT)
            terminal.type("save the whales\n")
            assert "Searched for “save the whales”" in terminal.shows(PROMPT)
            terminal.type("\x04")
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            os.close(ours)
