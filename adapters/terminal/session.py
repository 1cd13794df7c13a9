"""One person's talk at a terminal: a line in, text out, buttons as numbers that can be typed."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

from adapters.terminal.bold import to_bold
from adapters.terminal.surface import TerminalSurface, place
from bot.commands.model import Actor, Attachment, Later, Reply
from bot.commands.service import Commands
from bot.view.doc import Actions, Button, Doc, PaperCard
from bot.view.plain import to_plain, wrap

_CHOICE: Final = re.compile(r"\s*([0-9]{1,3})\s*")
_MENU: Final = re.compile(r"\s*#\s*([0-9]{1,3})\s*")
_YES: Final = frozenset({"y", "yes"})


class Session:
    """What was offered last is all it remembers."""

    def __init__(self, commands: Commands, actor: Actor, folder: Path, *, bold: bool = False) -> None:
        """Files that answers bring are written to `folder`. `bold`: what is strong is shown so."""
        self._commands = commands
        self._actor = actor
        self._folder = folder
        self._text = to_bold if bold else to_plain
        self._surface = TerminalSurface()
        self._place = place()
        self._offered: Sequence[Button] = ()
        self._menus: dict[int, Sequence[Button]] = {}
        self._asked: Button | None = None  # a question was put whether this is meant
        self._later: Later | None = None  # what is to come behind the answer given last

    async def answers(self, line: str, width: int | None = None) -> AsyncGenerator[str]:
        """What to show for a line that was typed, as lines of at most `width` columns; and behind that what
        comes later.
        """
        yield await self.answer(line, width)
        if self._later is not None:
            async with aclosing(self._later()) as updates:
                async for update in updates:
                    if update.news is not None:
                        yield self._added(update.news, width)

    async def answer(self, line: str, width: int | None = None) -> str:
        """What to show at once."""
        self._later = None
        asked, self._asked = self._asked, None
        if asked is not None:
            if line.strip().lower() in _YES:
                return self._shown(await self._pressed(asked), width)
            return "Nothing was done.\n"
        if (choice := _CHOICE.fullmatch(line)) and 0 < int(choice[1]) <= len(self._offered):
            button = self._offered[int(choice[1]) - 1]
            if button.danger:
                self._asked = button
                return f"{button.label}: is that really meant? Type yes.\n"
            return self._shown(await self._pressed(button), width)
        if (chosen := _MENU.fullmatch(line)) and int(chosen[1]) in self._menus:
            self._offered = self._menus[int(chosen[1])]
            return _choices(self._offered, width)
        return self._shown(await self._commands.run(line, self._actor, self._place, self._surface), width)

    async def _pressed(self, button: Button) -> Reply:
        return await self._commands.press(button.action, self._actor, self._place, self._surface)

    def _shown(self, reply: Reply, width: int | None) -> str:
        blocks = reply.doc.blocks
        self._later = reply.later
        self._menus = _menus(reply.doc)
        self._offered = [one for block in blocks if isinstance(block, Actions) for one in block.buttons]
        parts = [self._text(reply.doc, width)]
        if reply.attachment is not None:
            parts.append(f"{self._written(reply.attachment)}\n")
        if self._offered:
            parts.append(_choices(self._offered, width))
        parts.append(_menus_told(self._menus, width))
        return "\n".join(part for part in parts if part)

    def _added(self, news: Doc, width: int | None) -> str:
        """What came behind what is shown; that stays, and all that it offered."""
        menus = _menus(news)
        self._menus = {**self._menus, **menus}
        return "\n".join(part for part in (self._text(news, width), _menus_told(menus, width)) if part)

    def _written(self, attachment: Attachment) -> str:
        """Writes a file that came with an answer, over no other; says where it is."""
        path = Path(attachment.name)
        number = 1
        while True:
            name = attachment.name if number == 1 else f"{path.stem}-{number}{path.suffix}"
            target = self._folder / name
            try:
                with target.open("x", encoding="utf-8", newline="") as opened:
                    opened.write(attachment.content)
            except FileExistsError:
                number += 1
                continue
            except OSError as error:
                return f"It could not be written to {target} ({error.strerror or error})."
            return f"Written to {target}."


def _menus(doc: Doc) -> dict[int, Sequence[Button]]:
    return {block.number: block.menu for block in doc.blocks if isinstance(block, PaperCard) and block.menu}


def _menus_told(menus: Mapping[int, Sequence[Button]], width: int | None) -> str:
    if not menus:
        return ""
    lines = wrap(f"{_span(sorted(menus))} shows what can be done with a paper.", width)
    return "".join(f"{line}\n" for line in lines)


def _choices(offered: Sequence[Button], width: int | None) -> str:
    """The buttons in their order, each behind the number to type."""
    lines = [
        line
        for number, button in enumerate(offered, 1)
        for line in wrap(button.label, width, first=f"[{number}] ", rest=" " * (len(str(number)) + 3))
    ]
    return "".join(f"{line}\n" for line in lines)


def _span(numbers: Sequence[int]) -> str:
    return f"#{numbers[0]}" if len(numbers) == 1 else f"#{numbers[0]} to #{numbers[-1]}"
