"""Actions longer than a `custom_id` holds: the store keeps them for some time, and the button carries a key.

Only long queries are: words that somebody searches for. So the store gets them encrypted, under a hash of the
key. What it holds says neither what was looked for nor who did; only the message with the button opens it.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.discord import custom_ids
from bot.ports import ActionStore, Clock
from bot.view.doc import Actions, Block, Button, Doc, PaperCard

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEPT_FOR: Final = timedelta(days=90)  # after the last time that a message with it was made
_KEY_BYTES: Final = 15  # what cannot be guessed, as 24 letters and digits


class LongActions:
    """What is too long for Discord, kept in the store. Raises `StorageError` where that fails."""

    def __init__(self, store: ActionStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def shortened(self, doc: Doc) -> Doc:
        """The same with each button's action short enough; `whole` gives back what it was."""
        long = {
            button.action
            for block in doc.blocks
            for button in _buttons(block)
            if custom_ids.button_id(button.action, asks=button.danger) is None
        }
        if not long:
            return doc
        keys = {action: _key_of(action) for action in long}
        sealed = {_name_of(key): _cipher(key).encrypt(text.encode()).decode() for text, key in keys.items()}
        await self._store.keep(sealed, self._clock.now())
        short = {action: custom_ids.by_key(key) for action, key in keys.items()}
        return replace(doc, blocks=tuple(_with(block, short) for block in doc.blocks))

    async def whole(self, action: str) -> str | None:
        """What a button does that carries this; `None` for what is not kept any more."""
        key = custom_ids.key_in(action)
        if key is None:
            return action
        sealed = await self._store.kept(_name_of(key))
        return None if sealed is None else _cipher(key).decrypt(sealed.encode()).decode()

    async def expire(self) -> None:
        """Deletes what was kept for long enough."""
        await self._store.drop(self._clock.now() - KEPT_FOR)


def _buttons(block: Block) -> tuple[Button, ...]:
    match block:
        case Actions(buttons):
            return buttons
        case PaperCard():
            return block.menu
        case _:
            return ()


def _with(block: Block, short: Mapping[str, str]) -> Block:
    """The block with what stands for its long actions."""
    some = tuple(replace(one, action=short.get(one.action, one.action)) for one in _buttons(block))
    match block:
        case Actions():
            return Actions(some)
        case PaperCard():
            return replace(block, menu=some)
        case _:
            return block


def _key_of(action: str) -> str:
    """The same for the same action, so that a message made again keeps nothing twice."""
    digest = hashlib.sha256(action.encode()).digest()
    return base64.b32encode(digest[:_KEY_BYTES]).decode("ascii").lower()


def _name_of(key: str) -> str:
    """What the store knows it by: nothing that gives the key away."""
    return hashlib.sha256(f"name/{key}".encode()).hexdigest()


def _cipher(key: str) -> "Fernet":
    from cryptography.fernet import Fernet  # noqa: PLC0415 - few actions are long

    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"key/{key}".encode()).digest()))
