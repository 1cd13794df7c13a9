r"""Upstream text, cleaned once, on the way in. Pure; never raises; cleaning twice is cleaning once.

What is done is only what can be undone by nobody's doubt: line breaks, accents, escapes and plain
formatting commands of TeX, links. Words are never guessed, so these stay as they are:

- maths (`$…$`, `$$…$$`, `\(…\)`, `\[…\]`), with its delimiters;
- what an upstream has already damaged ("texttt{D}ual", "times", "L_2^2");
- commands whose meaning only the paper's own source knows (`\ours`, `\cite{…}`);
- `--` and `---`, which are options and rulers as often as dashes;
- `&amp;` and its like: no upstream escapes its text twice (1 such entity in 63,939 recorded abstracts), and
  undoing it would damage a paper about markup.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

_LONGEST_TEX: Final = 50_000  # characters; longer than any abstract: beyond it only line breaks are mended
_LONGEST_LINK: Final = 2_000  # characters, what browsers and chat platforms take for certain
_MOST_PASSES: Final = 50  # text that needs more (braces nested as deep) is no prose, and keeps its TeX


def clean_title(text: str) -> str:
    """One line of clean text."""
    return _settled(text, _one_line, _tex)


def clean_abstract(text: str) -> str:
    """Clean text whose paragraphs, divided by blank lines upstream, are divided by one blank line."""
    return _settled(text, _tidy, _tex)


def clean_name(text: str) -> str:
    r"""A person's or organisation's name on one line. Every accent counts: `Ma\'s` is Maś, not "Ma's"."""
    if text.isascii() and text.isprintable() and "\\" not in text and "~" not in text:  # as most names are
        return " ".join(text.split())
    return _settled(text, _one_line, lambda line: _letters(line, _ACCENT).replace("~", " "))


def clean_link(text: str) -> str | None:
    """The one http(s) link that a link field holds, or `None` if it holds none that is safe to show.

    Doubled links (`https://x{https://x}`) become one, a line break inside is closed, the full stop of a
    sentence is dropped, and a link without a scheme gets https.
    """
    if not text:
        return None
    whole = re.sub(r"\s*\n\s*", "", _without_invisible(text).strip())
    whole = re.sub(r"\\([_%#&~])", r"\1", whole)
    link = _trimmed(whole.partition("{")[0].strip("<>\"' "))
    if re.match(r"[\w-]+(\.[\w-]+)+(/|$)", link):
        link = f"https://{link}"
    if len(link) > _LONGEST_LINK or not re.fullmatch(rf"https?://(?:{_IN_LINK})+", link):
        return None
    try:
        parts = urlsplit(link)
        sound = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:  # an unclosed IPv6 bracket, a port that is no number
        return None
    return link if sound else None


def _settled(text: str, tidy: Callable[[str], str], mend: Callable[[str], str]) -> str:
    """Tidies, then mends until nothing changes: a rule's result may be another's (nested braces)."""
    tidied = done = tidy(text)
    for _ in range(_MOST_PASSES):
        before, mended = done, mend(done)
        if mended == before and before.isascii():  # such text, once tidy, stays so
            return before
        done = tidy(mended)
        if done == before:
            return done
    return tidied


# --- characters and line breaks ------------------------------------------------------------------

_BREAK: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_PARAGRAPH: Final = re.compile(r"\n\s*\n")
# Marks of the class Cf that are seen, as signs around numbers in Arabic, Syriac and Kaithi.
_SEEN_FORMAT: Final = frozenset(map(chr, (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2)))
_JOINERS: Final = "\u200c\u200d"


def _tidy(text: str) -> str:
    """Composed characters (NFC), none invisible, single spaces, and one blank line between paragraphs."""
    if not _printable(text):
        text = unicodedata.normalize("NFC", _without_invisible(_BREAK.sub("\n", text)))
    else:
        text = unicodedata.normalize("NFC", text)  # which leaves printable text printable
        if "\n\n" not in text and "\n " not in text:  # one paragraph, as nearly all text is
            return " ".join(text.split())
    paragraphs = (" ".join(paragraph.split()) for paragraph in _PARAGRAPH.split(text))
    return "\n\n".join(filter(None, paragraphs))


def _one_line(text: str) -> str:
    tidied = _tidy(text)
    return " ".join(tidied.split()) if "\n" in tidied else tidied


def _printable(text: str) -> bool:
    return text.replace("\n", " ").isprintable()


def _without_invisible(text: str) -> str:
    """Drops controls, zero-width characters, bidi overrides and invisible tags, which hide or reorder words.

    The joiners stay between letters of scripts whose spelling needs them, and between emoji. Half of a
    surrogate pair, which JSON can carry and no database can, becomes U+FFFD.
    """
    if _printable(text):
        return text
    kept: list[str] = []
    for place, char in enumerate(text):
        category = unicodedata.category(char)
        if category == "Cs":
            kept.append("\ufffd")
        elif category in {"Cc", "Cf"} and not (char.isspace() or char in _SEEN_FORMAT):
            if char in _JOINERS and kept and _joins(kept[-1], text[place + 1 : place + 2]):
                kept.append(char)
        else:
            kept.append(char)
    return "".join(kept)


def _joins(before: str, after: str) -> bool:
    def needs(char: str) -> bool:  # Arabic to Sinhala, Tibetan, Myanmar, Khmer, Mongolian
        return "\u0600" <= char <= "\u109f" or "\u1780" <= char <= "\u18af"

    def emoji(char: str) -> bool:
        return unicodedata.category(char) in {"So", "Sk"} or char == "\ufe0f"

    return bool(after) and ((needs(before) and needs(after)) or (emoji(before) and emoji(after)))


# --- links ---------------------------------------------------------------------------------------

# Neither brackets of markup nor quotes, nor the full-width punctuation that Chinese puts behind a link.
_IN_LINK: Final = r"""[^\s\\{}<>"`^|$\u00ab\u00bb\u2018-\u201f\u3001-\u301f\uff01-\uff1f\x00-\x1f]"""
_LINK: Final = re.compile(rf"[hH][tT][tT][pP][sS]?://(?:\\[_%#&~]|{_IN_LINK})+")
_STOPS: Final = ".,;:!?'*"  # never the last character of a link in running text
_CLOSING: Final = '")]}\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}'  # nor right behind it
_BRACKETS: Final = {")": "(", "]": "["}


def _trimmed(link: str) -> str:
    """The link without the punctuation of the sentence around it; brackets of its own stay."""
    end = len(link)
    surplus = {closing: link.count(closing) - link.count(opening) for closing, opening in _BRACKETS.items()}
    while end and (link[end - 1] in _STOPS or surplus.get(link[end - 1], 0) > 0):
        if link[end - 1] in surplus:
            surplus[link[end - 1]] -= 1
        end -= 1
    return link[:end]


# --- TeX: letters --------------------------------------------------------------------------------

# A pattern that begins with its sign, looking behind from there, is found many times faster.
_MARKS: Final = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323",
}  # fmt: skip
_LETTERS: Final = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
    "aa": "å", "AA": "Å", "i": "\u0131", "j": "\u0237", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ",
}  # fmt: skip
_ACCENTED: Final = r"(?:\{\s*(\\[ij]|[A-Za-z])\s*\}|(\\[ij](?![A-Za-z])|[A-Za-z]))"
_ACCENT: Final = re.compile(rf"\\(['`^\"~=.]){_ACCENTED}")
# In prose an escaped apostrophe ("object\'s") is far more frequent than ś at the end of a word.
_ACCENT_IN_PROSE: Final = re.compile(rf"\\(?!(?<=[^\W\d_]\\)'s(?![^\W\d_]))(['`^\"~=.]){_ACCENTED}")
_ACCENT_BY_LETTER: Final = re.compile(
    r"\\(?:([cvuHkrd])\s*\{\s*(\\[ij]|[A-Za-z])\s*\}"  # Cu\v{c}a, \c{S}tefan
    r"|(?<=[^\W\d_]\\)([cvuHkrd])[ ](\\[ij]|[A-Za-z])"  # Fran\c cois, Mare\v s
    r"|([cvuHkrd])[ ]([A-Z])(?=[a-z]))"  # \v Cech
)
_NAMES: Final = "|".join(sorted(_LETTERS, key=len, reverse=True))
_LETTER: Final = re.compile(
    rf"[{{\\](?:(?<=\{{)\\({_NAMES})\}}|(?<=\\)(?:({_NAMES})\{{\}}"  # {\o}, \o{}
    rf"|(?<=[^\W\d_]\\)({_NAMES})(?:[ ](?=[a-z])|(?![A-Za-z]))"  # S\o ren, Gau\ss
    r"|(?<![^\W_]\\)(o|O|l|L|ae|AE|oe|OE|aa|AA)[ ](?=[a-z])))"  # \L ukasz
)
_LONE_BRACES: Final = re.compile(r"\{([^\W\d_a-zA-Z])\}")  # {é}


def _letters(text: str, accent: re.Pattern[str]) -> str:
    if "\\" not in text:
        return text
    text = accent.sub(_accented, text)
    text = _ACCENT_BY_LETTER.sub(_accented, text)
    text = _LETTER.sub(lambda match: _LETTERS[next(filter(None, match.groups()))], text)
    return _LONE_BRACES.sub(r"\1", text)


def _accented(match: re.Match[str]) -> str:
    """The letter with its accent, or what stood there if no language writes that pair as one letter."""
    mark, letter = filter(None, match.groups())
    letter = letter.removeprefix("\\")
    composed = unicodedata.normalize("NFC", letter + _MARKS[mark])
    return composed if len(composed) == 1 else match.group()


# --- TeX: everything else ------------------------------------------------------------------------

# A closing dollar is looked for within the paragraph. "$25 and" is an amount of money, no opening.
_FORMULA: Final = r"(?:[^$\\\n]++|\\.)+"
_MATHS: Final = re.compile(
    r"[$\\](?:(?<=\$)(?<!\\\$)(?:"
    rf"\${_FORMULA}\$\$"
    rf"|(?!\d[\d.,]*[KMBkmb]?(?:[ -]|--)[a-z]{{2}}){_FORMULA}\$)"
    r"|(?<=\\)(?:"
    r"\((?:[^\\\n]|\\[^(\n])*?\\\)"
    r"|\[(?:[^\\\n]|\\[^\[\n])*?\\\]))"
)
_LONE_CHARACTER: Final = re.compile(r"\$\\unicode\{x([0-9a-fA-F]{2,5})\}\$")  # `$\unicode{x2013}$` is a dash


def _greek(kind: str, name: str) -> str:
    return unicodedata.lookup(f"GREEK {kind} LETTER {'LAMDA' if name == 'lambda' else name.upper()}")


# While the rules run, maths and links are held aside: `\x00n\x00` and `\x01n\x01` stand for them.
_HELD: Final = re.compile(r"[\x00\x01](\d+)[\x00\x01]")
_L: Final = r"\x01\d+\x01"

_GREEK: Final = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
_GREEK_TOO: Final = ["lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi"]
_SYMBOLS: Final = {  # in braces of their own, as arXiv writes what authors typed in Unicode
    **{name: _greek("SMALL", name) for name in [*_GREEK, *_GREEK_TOO, "omega"]},
    **{name.title(): _greek("CAPITAL", name) for name in [*_GREEK, *_GREEK_TOO, "omega"]},
    "deg": "\N{DEGREE SIGN}",
    "times": "\N{MULTIPLICATION SIGN}",
    "pm": "\N{PLUS-MINUS SIGN}",
    "rightarrow": "\N{RIGHTWARDS ARROW}",
    "infty": "\N{INFINITY}",
}
_WORDS: Final = {
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "ldots": "\N{HORIZONTAL ELLIPSIS}",
    "dots": "\N{HORIZONTAL ELLIPSIS}",
    "textendash": "\N{EN DASH}",
    "textemdash": "\N{EM DASH}",
    "textgreater": ">",
    "textless": "<",
}
_SCRIPTS: Final = {
    "super": str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"),
    "sub": str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋"),
}

Replacement = str | Callable[[re.Match[str]], str]


def _rule(sign: str, pattern: str, replacement: Replacement) -> tuple[str, re.Pattern[str], Replacement]:
    return sign, re.compile(pattern), replacement


# Each runs only where its sign stands in the text, which most text has none of.
_FORMATTING: Final = [
    _rule(
        "\\",
        r"\\(?:emph|text(?:bf|it|tt|sc|sf|rm|sl|up|md|normal)?|underline|mbox|textcolor\s*\{[^{}]*\})"
        r"\s*\{([^{}]*)\}",
        r"\1",
    ),
    _rule("{\\", r"\{\\(?:it|em|bf|tt|sc|sf|rm|sl|itshape|bfseries)(?![A-Za-z])\s*([^{}]*)\}", r"\1"),
    _rule("{\\", rf"\{{\\({'|'.join(_SYMBOLS)})\}}", lambda match: _SYMBOLS[match[1]]),
    _rule("\\", rf"\\({'|'.join(_WORDS)})(?:\{{\}}|(?![A-Za-z]))", lambda match: _WORDS[match[1]]),
    _rule(
        "\\text",
        r"\\text(super|sub)script\s*\{([0-9+-]+)\}",
        lambda match: match[2].translate(_SCRIPTS[match[1]]),
    ),
]
_RANGE: Final = r"(?:(?<=\d~)|(?<=\d[^\s\d~\x00\x01]~))[.\d]"  # 1~4, 60%~70%, behind the sign
_PUNCTUATION: Final = [
    _rule("``", r"(?<!`)``(?!`)([^`\n]*?)(?<!')''(?!')", r"“\1”"),
    # A tie follows what it ties; "~50", "( ~ 1 min)" and "10x ~ 50x" say "about" and "to".
    _rule("~", rf"~(?<=[^\s~(\[\\]~)(?!{_RANGE})~*(?:(?![\s~])| (?!\d))", " "),
    _rule("~", r"(?<=\s)~(?=[A-Za-z\\\x01])", " "),
    _rule("\\", r"\\([%&_#])", r"\1"),
    _rule("\\", r"\\[ ,;:](?![A-Za-z]*\{)|\\\\(?=\s|\Z)", " "),
    _rule("\\", r"\\(?<=[^\W\d_]\\)[-/](?=[^\W\d_])", ""),  # where TeX may hyphenate, and italic correction
]
_LABELLED: Final = [  # and what is left of a `\href` when an upstream has dropped the command
    re.compile(rf"\\href\s*\{{\s*({_L})\s*\}}\s*\{{([^{{}}]*)\}}"),
    re.compile(rf"({_L})\{{([^{{}}]*)\}}(?![\w/])"),
]
_LINKS: Final = [
    _rule("\\", r"\\(?<=\w\\)(?:url|path|nolinkurl)(?=\s*\{)", r" \\url"),
    _rule("\\", r"\\(?:url|path|nolinkurl)\s*\{\s*([^{}\s]*?)[.,;]?\s*\}", r"\1"),
    _rule("\\footnote", rf"\s*\\footnote\s*\{{\s*({_L})\.?\s*\}}", r" (\1)"),
    _rule("\\footnote", r"\s*\\footnote\s*\{\s*([^{}]*?)\s*\}", r" (\1)"),
    _rule("\x01", rf"\{{\s*({_L})\s*\}}", r"\1"),
]
_FREED: Final = [
    _rule("\x01", rf"({_L})\.\s*\Z", r"\1"),
    _rule("\x01", rf"({_L})(?=[{re.escape(_STOPS + _CLOSING)}])", r"\1 "),
]


def _tex(text: str) -> str:
    """One pass over the TeX and the links of prose that is already tidy."""
    if len(text) > _LONGEST_TEX or not _has_signs(text):
        return text
    aside = _Aside()
    text = _letters(aside.hold_links(aside.hold_maths(text)), _ACCENT_IN_PROSE)
    text = aside.label_links(_apply(_FORMATTING, text) if "\\" in text else text)
    return aside.restore(_apply(_FREED, _apply(_PUNCTUATION, _apply(_LINKS, text))))


def _has_signs(text: str) -> bool:
    """Whether any rule could find something; most text holds nothing for them, and this sees it fastest."""
    return "\\" in text or "$" in text or "{" in text or "~" in text or "``" in text or "://" in text


class _Aside:
    """The maths and the links of one text, held aside while rules run over the rest."""

    def __init__(self) -> None:
        self._held: list[str] = []

    def hold_maths(self, text: str) -> str:
        if "$" in text:
            text = _LONE_CHARACTER.sub(_character, text)
            if not re.search(r"(?<!\\)\$", text):
                text = text.replace("\\$", "$")  # with other dollars about, it could be taken for maths
        elif "\\(" not in text and "\\[" not in text:
            return text
        return _MATHS.sub(lambda match: self._hold("\x00", match[0]), text)

    def hold_links(self, text: str) -> str:
        return _LINK.sub(self._hold_link, text) if "://" in text else text

    def label_links(self, text: str) -> str:
        for pattern in _LABELLED if "\x01" in text else ():
            text = pattern.sub(self._label, text)
        return text

    def restore(self, text: str) -> str:
        return _HELD.sub(lambda match: self._held[int(match[1])], text) if self._held else text

    def _hold(self, sign: str, what: str) -> str:
        self._held.append(what)
        return f"{sign}{len(self._held) - 1}{sign}"

    def _hold_link(self, match: re.Match[str]) -> str:
        link = _trimmed(match[0])
        address = re.sub(r"\\(.)", r"\1", link) if "\\" in link else link
        return self._hold("\x01", address) + match[0][len(link) :]

    def _label(self, match: re.Match[str]) -> str:
        """A link and the words that stood for it: the words, then the link; or the link alone."""
        link, words = match[1], match[2].strip()
        address = self.restore(link).rstrip("/").lower()
        said = self.restore(words).rstrip("./").replace("\\_", "_").lower()
        return link if said in {"", address, address.partition("://")[2]} else f"{words} ({link})"


def _apply(rules: list[tuple[str, re.Pattern[str], Replacement]], text: str) -> str:
    for sign, pattern, replacement in rules:
        if sign in text:
            text = pattern.sub(replacement, text)
    return text


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code <= 0x10FFFF and chr(code).isprintable() else match[0]
