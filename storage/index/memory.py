"""Terms of many texts, quickly: what a chunk of text becomes is remembered as the index takes it."""

import re
from typing import Final

from bot.search.tokens import divide

_MOST: Final = 1 << 18  # chunks, some 60 MB; nearly all text is made of fewer
_LONGEST: Final = 40  # characters; longer chunks are links and formulas, seldom met twice
_MARK: Final = "\x1f"  # before a solid term; white space to `str.split`, so that it is in no chunk
_SOLID: Final = re.compile(f"{_MARK}([^ {_MARK}]+)")


class Memory(dict[str, str]):
    """Chunk → its parts with spaces between, then each of its solid terms behind a mark.

    Belongs to one writer, and goes with it: what is kept here for a million papers is not needed for one.
    """

    def __missing__(self, chunk: str) -> str:
        parts, solids = divide(chunk)
        text = " ".join(parts) + "".join(_MARK + solid.term for solid in solids)
        if len(chunk) <= _LONGEST:
            if len(self) >= _MOST:
                self.clear()
            self[chunk] = text
        return text

    def terms(self, text: str) -> tuple[str, list[str]]:
        """The text's parts in order of position, as text, and its solid terms; see `tokens.terms_of`."""
        joined = " ".join(map(self.__getitem__, text.split()))
        if _MARK not in joined:
            return joined, []
        return _SOLID.sub("", joined), _SOLID.findall(joined)


__all__ = ["Memory"]
