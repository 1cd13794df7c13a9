"""The query language: text to syntax tree and back. There is no second parser.

    transformers vision          both words
    "state of the art"           the words in this order, side by side
    -survey  -"case study"       without; also -cat:cs.CV and -(one OR two)
    diffusion OR "flow matching" either; binds weaker than the implicit "and"
    (one OR two) three           parentheses
    cat:cs.CL cat:cs cat:vision  an arXiv category, an archive, an everyday name
    author:lecun author:"Yann LeCun" author:"Y. LeCun"
    title:attention abstract:"chain of thought"

Everything else is plain text and is looked for as it stands: an unknown `field:`, an unclosed quote or
parenthesis, a lone sign, an `OR` with nothing beside it. Only a mistake that the language can name is an
error, and it comes with the nearest right form.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from bot.errors import QueryError
from bot.search import categories
from bot.search.tokens import has_words, typed

# --- the tree ------------------------------------------------------------------------------------


class FieldName(StrEnum):
    """What a `field:value` asks about; the value is how it is typed."""

    CATEGORY = "cat"
    AUTHOR = "author"
    TITLE = "title"
    ABSTRACT = "abstract"


@dataclass(frozen=True, slots=True)
class Word:
    """One written word, as typed: no white space, quotes or parentheses, and no `-` in front."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand side by side in this order; single spaces, no double quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """A condition on one field; the value is in the field's canonical form."""

    name: FieldName
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """Without `part`, which is no `Not` itself."""

    part: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts, none an `And` itself; of no parts it is the query that takes everything."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more parts, none an `Or` itself."""

    parts: tuple["Query", ...]


Query: TypeAlias = Word | Phrase | Field | Not | And | Or

EVERYTHING: Final = And(())

MAX_DEPTH: Final = 32  # parentheses within parentheses; deeper ones are plain text

# --- the fields ----------------------------------------------------------------------------------


class _FieldRule(NamedTuple):
    """How one field's value is read: `read` gives the canonical value or raises `QueryError`."""

    wants: str
    example: str
    read: Callable[[str], str]


def _read_text(value: str) -> str:
    return value


def _read_category(value: str) -> str:
    known = categories.canonical(value)
    if known is not None:
        return known
    several = [categories.canonical(one) for one in value.split(",") if one]
    if len(several) > 1 and all(several):
        form = " OR ".join(f"{FieldName.CATEGORY}:{one}" for one in several)
        raise QueryError("cat: takes one category.", f"({form})")
    nearest = categories.nearest(value)
    raise QueryError(
        f"arXiv has no category {_shortened(value)!r}.", f"{FieldName.CATEGORY}:{nearest or 'cs.LG'}"
    )


_FIELDS: Final[Mapping[FieldName, _FieldRule]] = MappingProxyType(
    {
        FieldName.CATEGORY: _FieldRule("a category", "cat:cs.CL", _read_category),
        FieldName.AUTHOR: _FieldRule("a name", 'author:"Yann LeCun"', _read_text),
        FieldName.TITLE: _FieldRule("a word or a phrase", "title:attention", _read_text),
        FieldName.ABSTRACT: _FieldRule("a word or a phrase", 'abstract:"chain of thought"', _read_text),
    }
)

_SHOWN: Final = 60  # characters of typed text that an error repeats


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


# --- format --------------------------------------------------------------------------------------


def format_query(query: Query) -> str:
    """The query as a person would type it; `parse` reads the very same tree from it."""
    match query:
        case Word(text):
            return text
        case Phrase(text):
            return f'"{text}"'
        case Field(name, value):
            return f"{name}:{_quoted(value)}"
        case Not(And() | Or() as part):
            return f"-({format_query(part)})"
        case Not(part):
            return f"-{format_query(part)}"
        case And(parts):
            return " ".join(f"({format_query(p)})" if isinstance(p, Or) else format_query(p) for p in parts)
        case Or(parts):
            return " OR ".join(format_query(p) for p in parts)


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s()]", value) else value


# --- parse ---------------------------------------------------------------------------------------


def parse(text: str) -> Query:
    """Reads a query.

    Raises:
        QueryError: a known field has no value, an unclosed quote, or a category that does not exist.
    """
    return _group(_paired(list(_lexemes(_normalised(text)))))


class _Mark(Enum):
    OPEN = "("
    OPEN_WITHOUT = "-("
    CLOSE = ")"
    OR = "OR"


_Item: TypeAlias = Query | _Mark

_LEXEME: Final = re.compile(
    rf"""
      (?P<dashes>-*+)                               # one: without; several are plain text
      (?: (?P<open>\()
        | (?:(?P<field>{"|".join(FieldName)}):)?+"(?P<quoted>[^"]*)"
        | "*+(?P<chunk>[^\s()"-](?:[^\s()"]|(?<!:)")*+)     # a quote behind a colon begins a phrase
      )
    | (?P<close>\))
    | -++ | .                                       # white space, and signs that have no partner
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CURLY_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟", '"'))  # keyboards of phones put these


def _normalised(text: str) -> str:
    return unicodedata.normalize("NFKC", typed(text)).translate(_CURLY_QUOTES)


def _lexemes(text: str) -> Iterator[_Item]:
    opened_apart = True
    for lexeme in _LEXEME.finditer(text):
        # "(LLM)-based", "7B(-instruct)" and "--flag" ask for nothing to be left out.
        before = text[lexeme.start() - 1] if lexeme.start() else " "
        apart = before.isspace() or (before == "(" and opened_apart)
        without = apart and lexeme["dashes"] == "-"
        if lexeme["open"]:
            opened_apart = apart
            yield _Mark.OPEN_WITHOUT if without else _Mark.OPEN
        elif lexeme["close"]:
            yield _Mark.CLOSE
        elif lexeme["chunk"] == "OR" and not lexeme["dashes"]:
            yield _Mark.OR
        elif lexeme["chunk"] or lexeme["quoted"]:
            term = _term(lexeme, rest=text[lexeme.end() : lexeme.end() + 200])
            if term is not None:
                yield Not(term) if without else term
        elif lexeme["field"]:
            raise _missing(FieldName(lexeme["field"].lower()), "")


def _term(lexeme: re.Match[str], rest: str) -> Query | None:
    """The word, phrase or field that was typed; `None` if there is nothing in it to look for."""
    if lexeme["chunk"]:
        # A double quote inside a word (5'10"x2) divides it as a single one does.
        chunk = lexeme["chunk"].replace('"', "'")
        prefix, colon, value = chunk.partition(":")
        if not colon or prefix.lower() not in list(FieldName):
            return Word("or" if chunk == "OR" else chunk) if has_words(chunk) else None
        name = FieldName(prefix.lower())
    else:
        value = " ".join(lexeme["quoted"].split())
        if not lexeme["field"]:
            return Phrase(value) if has_words(value) else None
        name = FieldName(lexeme["field"].lower())
    if not has_words(value):
        raise _missing(name, rest)
    return Field(name, _FIELDS[name].read(value))


def _missing(name: FieldName, rest: str) -> QueryError:
    """What to say of a field without a value, given the text behind it."""
    rule = _FIELDS[name]
    if rest.startswith('"') and has_words(rest):
        value = _shortened(" ".join(rest.replace('"', " ").split()))
        return QueryError(f"The quote behind {name}: is never closed.", _right_form(name, value))
    following = re.match(r"""\s+(?:([^\s()":-][^\s()":]{0,59})|"([^"]{1,60})")(?=[\s()]|$)""", rest)
    value = following[1] or " ".join(following[2].split()) if following else ""
    form = _right_form(name, value) if has_words(value) else rule.example
    return QueryError(f"{name}: needs {rule.wants} right behind it, without a space between.", form)


def _right_form(name: FieldName, value: str) -> str:
    try:
        return format_query(Field(name, _FIELDS[name].read(value)))
    except QueryError as error:
        return error.suggestion or _FIELDS[name].example


def _paired(items: Sequence[_Item]) -> Iterator[_Item]:
    """Leaves out the parentheses that have no partner or stand too deep."""
    unpaired: set[int] = set()
    opened: list[int] = []
    for index, item in enumerate(items):
        if item in {_Mark.OPEN, _Mark.OPEN_WITHOUT}:
            opened.append(index)
        elif item is _Mark.CLOSE:
            if not opened:
                unpaired.add(index)
            elif len(opened) > MAX_DEPTH:
                unpaired |= {index, opened.pop()}
            else:
                opened.pop()
    unpaired.update(opened)
    return (item for index, item in enumerate(items) if index not in unpaired)


def _group(items: Iterator[_Item]) -> Query:
    """Reads up to the parenthesis that closes this group, or to the end."""
    inside: list[Query | None] = []  # None stands for OR
    for item in items:
        if item is _Mark.CLOSE:
            break
        if item is _Mark.OR:
            inside.append(None)
        elif isinstance(item, _Mark):
            group = _group(items)
            if group != EVERYTHING:
                inside.append(_without(group) if item is _Mark.OPEN_WITHOUT else group)
        else:
            inside.append(item)
    return _any_of(_all_of(operand) for operand in _operands(inside))


def _operands(inside: Sequence[Query | None]) -> Iterator[list[Query]]:
    """What stands between the ORs; an OR without a neighbour on either side is a word."""
    operand: list[Query] = []
    for index, item in enumerate(inside):
        if item is not None:
            operand.append(item)
        elif operand and index + 1 < len(inside) and inside[index + 1] is not None:
            yield operand
            operand = []
        else:
            operand.append(Word("or"))
    yield operand


def _all_of(parts: Iterable[Query]) -> Query:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def _any_of(parts: Iterable[Query]) -> Query:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def _without(part: Query) -> Query:
    return part.part if isinstance(part, Not) else Not(part)


__all__ = [
    "EVERYTHING",
    "MAX_DEPTH",
    "And",
    "Field",
    "FieldName",
    "Not",
    "Or",
    "Phrase",
    "Query",
    "Word",
    "format_query",
    "parse",
]
