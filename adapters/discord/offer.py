"""The commands as Discord has them: all of the registry, with the options and layouts that are for it."""

from typing import Final

from bot.commands.registry import COMMANDS as DECLARED
from bot.commands.registry import offered
from bot.model import Layout

SURFACE: Final = "discord"
LAYOUTS: Final = (Layout.COMPACT, Layout.CARDS, Layout.THREAD, Layout.EMBEDS)

COMMANDS: Final = tuple(offered(one, SURFACE, LAYOUTS) for one in DECLARED)
BY_NAME: Final = {command.name: command for command in COMMANDS}
"""Every command by its name."""
