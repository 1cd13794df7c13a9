"""The command line: thin commands over the core; each imports what it needs, so that all start fast."""

from bot.cli.main import app, main

__all__ = ["app", "main"]
