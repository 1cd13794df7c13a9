"""The query language: text to syntax tree and back. There is no second parser.

    transformers vision          both words
    "state of the art"           the words in this order, side by side
    -survey  -"case study"       without; also -cat:cs.CV and -(one OR two)
    diffusion OR "flow matching" either; binds weaker than the implicit "and"
    (one OR two) three           parentheses
    cat:cs.CL cat:cs cat:vision  an arXiv category, an archive, an everyday name
    author:lecun author:"Yann LeCun" author:"Y. LeCun"   org:DeepMind org:"Meta AI"
    title:attention abstract:"chain of thought"
    year:2025 after:2025-03-01 after:7d after:"last month" before:2025-06
    has:code has:project upvotes:>20
    id:2508.13426                also an id or a link alone: arXiv, Hugging Face Papers, alphaXiv, a DOI
    sort:new                     orders the whole search: also top, trending, relevance

Everything else is plain text and is looked for as it stands: an unknown `field:`, an unclosed quote or
parenthesis, a lone sign, an `OR` with nothing beside it. Only a mistake that the language can name is an
error, and it comes with the nearest right form.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import Enum
from typing import Final, TypeAlias

from bot.errors import QueryError
from bot.ids import paper_id_of
from bot.search.fields import FIELDS, FieldName, Sort, id_value, shortened
from bot.search.simple import simple_query
from bot.search.tokens import has_words, typed
from bot.search.tree import (
    EVERYTHING,
    And,
    Field,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    all_of,
    any_of,
    unordered,
)

MAX_DEPTH: Final = 32  # parentheses within parentheses; deeper ones are plain text

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
        case Not(part):
            grouped = isinstance(part, (And, Or)) or _is_amount(part)
            return f"-({format_query(part)})" if grouped else f"-{format_query(part)}"
        case And(parts):
            return " ".join(f"({format_query(p)})" if isinstance(p, Or) else format_query(p) for p in parts)
        case Or(parts):
            return " OR ".join(format_query(p) for p in parts)


_AMOUNT: Final = re.compile(r"\d[\d.,]*(?:\\?%|[bkmx])?[.,;:!?]*", re.IGNORECASE | re.ASCII)


def _is_amount(part: Query) -> bool:
    """Whether a dash before it belongs to it: "-14%", "Qwen2 -7B"; but -3D and -4o leave something out."""
    return isinstance(part, Word) and _AMOUNT.fullmatch(part.text) is not None


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s()]", value) else value


# --- parse ---------------------------------------------------------------------------------------


def parse(text: str) -> Query:
    """Reads a query.

    Raises:
        QueryError: a field without a value or with one that it cannot have, an unclosed quote behind a
            field, an order (`sort:`) that is not the whole search's.
    """
    simple = simple_query(text)
    if simple is not None:
        return simple
    if not text.isascii():
        text = unicodedata.normalize("NFKC", typed(text)).translate(_CURLY_QUOTES)
    items = list(_lexemes(text))
    if any(isinstance(item, _Mark) for item in items):
        items = list(_paired(items))
    query = _group(iter(items))
    if f"{FieldName.SORT}:" in text.lower():
        _check_order(items, query)
    return query


class _Mark(Enum):
    OPEN = "("
    OPEN_WITHOUT = "-("
    CLOSE = ")"
    OR = "OR"


_Item: TypeAlias = Query | _Mark

_BOUNDARY: Final = r"""(?![^\s()"])"""
# A DOI may have parentheses in it: 10.1016/S0004-3702(97)00043-X.
_DOI: Final = (
    r"""(?:10\.\d{4,9}/(?:[!#-'*-~]|\([!#-'*-~]*+\))*(?<=[A-Za-z\d)])[.,;:!?'>\]}]*+""" + _BOUNDARY + ")"
)
_ARXIV_ID: Final = rf"(?:\d\d(?:0[1-9]|1[0-2])\.\d{{4,5}}(?:v\d+)?[.,;:!?]*+{_BOUNDARY})"

_LEXEME: Final = re.compile(
    rf"""
      (?<![^\s()])(?:arxiv|doi):?\s++(?={_ARXIV_ID}|{_DOI})    # only says whose id follows
    | (?P<dashes>-*+)                               # one: without; several are plain text
      (?: (?P<open>\()
        | (?:(?P<field>{"|".join(FieldName)}):)?+"(?P<quoted>[^"]*)"
        | (?:id:)?+(?P<doi>(?:https?://(?:(?:dx|www)\.)?doi\.org/|doi:)?+{_DOI})
        | "*+(?P<chunk>[^\s()"-](?:[^\s()"]|(?<!:)")*+)     # a quote behind a colon begins a phrase
      )
    | (?P<close>\))
    | -++ | .                                       # white space, and signs that have no partner
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CURLY_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟", '"'))  # keyboards of phones put these


def _lexemes(text: str) -> Iterator[_Item]:
    opened_apart = True
    for lexeme in _LEXEME.finditer(text):
        kind = lexeme.lastgroup
        if kind is None:
            continue  # white space, mostly
        # "(LLM)-based", "7B(-instruct)" and "--flag" ask for nothing to be left out.
        before = text[lexeme.start() - 1] if lexeme.start() else " "
        apart = before.isspace() or (before == "(" and opened_apart)
        without = apart and lexeme["dashes"] == "-"
        if kind == "open":
            opened_apart = apart
            yield _Mark.OPEN_WITHOUT if without else _Mark.OPEN
        elif kind == "close":
            yield _Mark.CLOSE
        elif kind == "chunk" and lexeme["chunk"] == "OR" and not lexeme["dashes"]:
            yield _Mark.OR
        elif lexeme[kind]:
            term = _term(lexeme, rest=text[lexeme.end() : lexeme.end() + 200])
            if term is not None:
                yield Not(term) if without and not _is_amount(term) else term
        elif lexeme["field"]:
            raise _missing(FieldName(lexeme["field"].lower()), "", "", "")


def _term(lexeme: re.Match[str], rest: str) -> Query | None:
    """The word, phrase or field that was typed; `None` if there is nothing in it to look for."""
    if lexeme["quoted"] is not None:
        value = " ".join(lexeme["quoted"].split())
        if not lexeme["field"]:
            return Phrase(value) if has_words(value) else None
        name = FieldName(lexeme["field"].lower())
    else:
        # A double quote inside a word (5'10"x2) divides it as a single one does.
        chunk = lexeme["doi"] or lexeme["chunk"].replace('"', "'")
        if chunk.isascii() and chunk.isalpha() and chunk != "OR":  # most: the rules below say the same
            return Word(chunk)
        paper = _named_paper(chunk)
        if paper is not None:
            return paper
        prefix, colon, value = chunk.partition(":")
        known = bool(colon) and prefix.lower() in _FIELD_NAMES
        if known and not has_words(value) and not rest.startswith(('"', "(")):
            # "Before: we …" and "CAT: Circular Attention" are prose, before:"2025 and cat: vision are not.
            known = prefix.islower() and not FIELDS[FieldName(prefix)].prose
        if not known:
            return Word("or" if chunk == "OR" else chunk) if has_words(chunk) else None
        name = FieldName(prefix.lower())
    if not has_words(value):
        raise _missing(name, rest, lexeme["dashes"], value)
    try:
        return Field(name, FIELDS[name].read(value))
    except QueryError as error:
        form = _date_with_blanks(name, value, rest)
        if form is None:
            raise
        raise QueryError(f"{name}: needs its date without a blank, or in quotes.", form) from error


def _named_paper(chunk: str) -> Field | None:
    """The paper that an id or a link, pasted with what stood around it, names."""
    if _DIGIT.search(chunk) is None:
        return None
    paper = paper_id_of(chunk.strip("<>[]{}'").rstrip(".,;:!?'>]}"))
    return Field(FieldName.ID, id_value(paper)) if paper is not None else None


_DIGIT: Final = re.compile(r"\d")
_FIELD_NAMES: Final = frozenset(FieldName)


def _missing(name: FieldName, rest: str, dashes: str, signs: str) -> QueryError:
    """What to say of a field without a value, given the text behind it, and the dashes before and the signs
    right behind its name.
    """
    rule = FIELDS[name]
    if rest.startswith('"') and has_words(rest):
        value = shortened(" ".join(rest.replace('"', " ").split()))
        return QueryError(f"The quote behind {name}: is never closed.", _right_form(name, value))
    each = None if signs else _with_each(name, rest, dashes)
    if each is not None:
        return QueryError(f"{name}: stands before each value, not before parentheses.", each)
    following = re.match(r"""\s+(?:([^\s()":-][^\s()":]{0,59})|"([^"]{1,60})")(?=[\s()]|$)""", rest)
    value = following[1] or " ".join(following[2].split()) if following else ""
    if name is FieldName.UPVOTES and value:
        value = signs + value  # upvotes:> 20
    form = _right_form(name, value) if has_words(value) else rule.example
    return QueryError(f"{name}: needs {rule.wants} right behind it, without a space between.", form)


def _with_each(name: FieldName, rest: str, dashes: str) -> str | None:
    """What `cat:(cs.CL OR cs.LG)` means, if it is that: the field before each of the values."""
    group = _GROUP.match(rest)
    if group is None:
        return None
    values = _VALUE.findall(group[1])
    try:
        query = parse(" ".join(value if value == "OR" else f"{name}:{value}" for value in values))
    except QueryError:
        return None
    form = format_query(query)
    if not form or len(form) > _LONGEST_FORM:
        return None
    grouped = f"({form})" if isinstance(query, Or) or dashes == "-" else form
    return f"-{grouped}" if dashes == "-" else grouped


_GROUP: Final = re.compile(r'\(((?:[^()"]|"[^"]*")*)\)')
_VALUE: Final = re.compile(r'"[^"]*"|[^\s"]+')


def _date_with_blanks(name: FieldName, value: str, rest: str) -> str | None:
    """The right form of a date or a span that goes on behind a blank: `after:last month`."""
    following = _WORDS_BEHIND.match(rest) if name in {FieldName.AFTER, FieldName.BEFORE} else None
    words = [value, *following[0].split()] if following else []
    for count in range(len(words), 1, -1):
        with suppress(QueryError):
            return format_query(Field(name, FIELDS[name].read(" ".join(words[:count]))))
    return None


_WORDS_BEHIND: Final = re.compile(r'(?:[ \t]+[^\s()":]{1,20}){1,3}(?=[\s()]|$)')


def _right_form(name: FieldName, value: str) -> str:
    try:
        return format_query(Field(name, FIELDS[name].read(value)))
    except QueryError as error:
        return error.suggestion or FIELDS[name].example


def _paired(items: Sequence[_Item]) -> Iterator[_Item]:
    """Leaves out the parentheses that have no partner or stand too deep."""
    unpaired: set[int] = set()
    opened: list[int] = []
    for index, item in enumerate(items):
        if item is _Mark.OPEN or item is _Mark.OPEN_WITHOUT:
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
                if item is _Mark.OPEN_WITHOUT:
                    group = group.part if isinstance(group, Not) else Not(group)
                inside.append(group)
        else:
            inside.append(item)
    return any_of(all_of(operand) for operand in _operands(inside))


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


def _check_order(items: Sequence[_Item], query: Query) -> None:
    """Raises `QueryError` unless the whole search has one order, or none is named."""
    orders: list[Field] = []
    inside = isinstance(query, Or)
    depth = 0
    for item in items:
        if item is _Mark.OPEN or item is _Mark.OPEN_WITHOUT:
            depth += 1
        elif item is _Mark.CLOSE:
            depth -= 1
        elif not isinstance(item, _Mark):
            term = item.part if isinstance(item, Not) else item
            if isinstance(term, Field) and term.name is FieldName.SORT:
                orders.append(term)
                inside |= depth > 0 or term is not item
    if len(orders) > 1 or (orders and inside):
        form = format_query(all_of((unordered(query), orders[0])))
        raise QueryError(
            "sort: orders the whole search, so that it stands in it once, outside parentheses, "
            "beside no OR and with no - in front.",
            form if len(form) <= _LONGEST_FORM else format_query(orders[0]),
        )


_LONGEST_FORM: Final = 200  # characters of a query that an error repeats


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
    "Sort",
    "Word",
    "all_of",
    "any_of",
    "format_query",
    "parse",
    "unordered",
]
