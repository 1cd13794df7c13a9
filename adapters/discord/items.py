"""What can be pressed and chosen in messages of ours, however old they are.

discord.py finds each by the pattern of its `custom_id`, which holds all that is needed: nothing is remembered
of a message, so that it works after a restart.
"""

import re
from typing import Any, Protocol, Self

import discord
from discord import ui

from adapters.discord.custom_ids import BUTTON, SELECT, pressed
from adapters.discord.hearing import Interaction


class Presses(Protocol):
    """What is told of presses; it never raises."""

    async def pressed(self, interaction: Interaction, action: str) -> None:
        """A button, or an entry of a menu, that stands for this action."""

    async def asked(self, interaction: Interaction, action: str, label: str) -> None:
        """The same with one that asks first whether it is really meant."""


class PressedButton(ui.DynamicItem[ui.Button[Any]], template=BUTTON):
    """A button."""

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: ui.Item[Any], match: "re.Match[str]", /
    ) -> Self:
        del interaction, match
        assert isinstance(item, ui.Button)  # noqa: S101 - only buttons have such a `custom_id`
        return cls(item)

    async def callback(self, interaction: Interaction) -> None:
        presses: Presses = interaction.client.presses
        meant = pressed(self.custom_id)
        assert meant is not None  # noqa: S101 - by its pattern it came here
        if meant.asks:
            await presses.asked(interaction, meant.action, self.item.label or "Do it")
        else:
            await presses.pressed(interaction, meant.action)


class ChosenEntry(ui.DynamicItem[ui.Select[Any]], template=SELECT):
    """An entry of a select: its value is an action."""

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: ui.Item[Any], match: "re.Match[str]", /
    ) -> Self:
        del interaction, match
        assert isinstance(item, ui.Select)  # noqa: S101 - only selects have such a `custom_id`
        return cls(item)

    async def callback(self, interaction: Interaction) -> None:
        presses: Presses = interaction.client.presses
        await presses.pressed(interaction, self.item.values[0])


def listen(client: discord.Client) -> None:
    """Lets the client hear both; it has the attribute `presses`."""
    client.add_dynamic_items(PressedButton, ChosenEntry)
