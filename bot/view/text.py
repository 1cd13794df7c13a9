"""Small laws of text that every surface shares: shortening, names of authors, what a terminal may be shown.

All of it is pure. Lengths count Unicode code points, as `len` does.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

ELLIPSIS: Final = "…"

# The longest word that is left whole when a text is shortened. What is longer (an address, a formula) is cut
# inside, since leaving it out would take too much.
_LONGEST_WORD: Final = 30

_SPACE: Final = re.compile(r"\s+")
_ZERO_WIDTH_JOINER: Final = "\u200d"
_EMOJI_STYLE: Final = "\ufe0f"  # shows the character before it as an emoji
# C0 and C1 controls and DEL, except the newline; what overrides the direction of text (Unicode TR 36, 2.4:
# U+202A-U+202E, U+2066-U+2069); and lone surrogates, which no encoding can write.
_CONTROLS: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def control_free(text: str) -> str:
    """`text` without what could steer a terminal or turn the reading direction; a tab becomes a space."""
    return _CONTROLS.sub("", text.replace("\t", " "))


def one_line(text: str) -> str:
    """`text` on one line, without what steers a screen: what is shown of it, wherever it stands."""
    return _SPACE.sub(" ", control_free(text))


def unticked(text: str) -> str:
    """`text` without backticks: in our sentences they stand around what is to be typed, and nowhere else."""
    return text.replace("`", "'")


def clusters(text: str) -> Iterator[str]:
    """The user-perceived characters of `text`, in order; joined, they give `text` back.

    A good approximation of Unicode's extended grapheme clusters (UAX 29): combining marks, joined emoji,
    skin tones, flags, tag sequences, Hangul syllables and surrogate pairs stay whole.
    """
    start = 0
    for index in range(1, len(text)):
        if not _joined(text, start, index):
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def width(cluster: str) -> int:
    """How many columns of a terminal a character takes: 0, 1 or 2 (Unicode TR 11, East Asian Width)."""
    if _EMOJI_STYLE in cluster or _regional(cluster[:1]):
        return 2
    return max(
        (0 if _weightless(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in cluster),
        default=0,
    )


def shorten(text: str, limit: int) -> str:
    """`text` if it has at most `limit` code points, else its beginning up to a word, with "…".

    Never cuts inside a user-perceived character. Scripts written without spaces are cut between their
    characters, a word of more than 30 inside it. A limit below 1 leaves nothing.
    """
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    head = _cut(text, limit - 1).rstrip().rstrip(",;:")
    return f"{head.rstrip()}{ELLIPSIS}"


def short_authors(names: Sequence[str]) -> str:
    """One line for any number of authors: "Cheng Yang … Chenglin Wu (11)"."""
    if len(names) > 2:
        return f"{names[0]} {ELLIPSIS} {names[-1]} ({len(names)})"
    return " and ".join(names)


def _cut(text: str, room: int) -> str:
    """The longest beginning of at most `room` code points that is fit to end a shortened text."""
    end = 0  # of the last whole character that fits
    word_end = 0  # of the last whole word that fits
    before = ""
    for cluster in clusters(text[: room + _LONGEST_WORD]):
        if before and not before.isspace() and (cluster.isspace() or _wide(before) or _wide(cluster)):
            word_end = end
        if end + len(cluster) > room:
            break
        end += len(cluster)
        before = cluster
    return text[: word_end if word_end and end - word_end <= _LONGEST_WORD else end]


def _wide(cluster: str) -> bool:
    return not cluster.isascii() and width(cluster) == 2


def _weightless(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me", "Cf", "Cc", "Cs"}


def _joined(text: str, start: int, index: int) -> bool:
    """Whether the character at `index` belongs to the cluster that began at `start`."""
    before, here = text[index - 1], text[index]
    if before.isascii() and here.isascii():  # most of all text: nothing else is to be looked up
        return before == "\r" and here == "\n"
    if _extends(here):
        return not before.isspace()
    if before == _ZERO_WIDTH_JOINER:
        return unicodedata.category(here)[0] in "LS"
    if "\ud800" <= before <= "\udbff" and "\udc00" <= here <= "\udfff":
        return True
    if "\u1160" <= here <= "\u11ff":  # vowels and finals of Hangul, written in parts
        return "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    # Two regional indicators make a flag; a third one begins the next.
    return _regional(before) and _regional(here) and index - start == 1


def _extends(character: str) -> bool:
    return (
        character in {_ZERO_WIDTH_JOINER, "\u200c"}
        or unicodedata.category(character) in {"Mn", "Mc", "Me"}
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags, as in the flag of Scotland
    )


def _regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
