"""The real program at a terminal."""

import pexpect

from tests.e2e.command import PATIENCE, PROGRAM, Command


class Terminal:
    """The program at a terminal of its own, and a person who reads and types there."""

    def __init__(self, command: Command, *arguments: str) -> None:
        self._child = pexpect.spawn(
            PROGRAM[0],
            [*PROGRAM[1:], *arguments],
            env=command.environment(TERM="dumb"),
            cwd=str(command.folder),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(50, 110),
        )
        self.shown = ""

    def reads(self, text: str) -> None:
        """Waits until this is on the screen."""
        self._child.expect_exact(text)
        self.shown += str(self._child.before) + text

    def types(self, line: str) -> None:
        self._child.sendline(line)

    def answers(self, question: str, line: str) -> None:
        self.reads(question)
        self.types(line)

    def presses_control_c(self) -> None:
        self._child.sendintr()

    def end(self) -> int | None:
        """Waits for the end, and gives the status."""
        self._child.expect(pexpect.EOF)
        self.shown += str(self._child.before)
        self._child.close()
        status: int | None = self._child.exitstatus
        return status
