"""How far a long read of the sources is: shown at a terminal, while it lasts, beside the output proper."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.model import Poll


@contextmanager
def progress(what: str, questions: int | None = None) -> Iterator[Callable[[Poll], None]]:
    """A listener for polls, which moves the bar; where standard error is no terminal it does nothing.

    `questions` is how many are about to be asked; `None` if that is not known.
    """
    if not sys.stderr.isatty():
        yield _nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        *([BarColumn(), MofNCompleteColumn()] if questions is not None else []),
    ]
    answered: set[tuple[str, str]] = set()
    papers = 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=questions)

        def listen(poll: Poll) -> None:
            nonlocal papers
            papers += len(poll.readings)
            answered.add((poll.upstream, poll.subject))
            total = max(questions, len(answered)) if questions is not None else None
            said = f"{poll.upstream.label}, {poll.subject} · {papers:,} papers read"
            bar.update(task, description=said, completed=len(answered), total=total)

        yield listen


def _nothing(_: Poll) -> None:
    """Nobody looks."""
