"""Papers as a reader describes them: whole descriptions, their beginnings, and nicknames. Pure."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from bot.evaluation.cases import Case, CaseSet, arxiv_name, first_words, present
from bot.evaluation.split import split_of
from bot.ids import arxiv_id_of


class Described(NamedTuple):
    """A curator's words for a paper; `nickname` is what the paper is called in short, or ""."""

    description: str
    nickname: str
    arxiv_ids: tuple[str, ...]  # any of these papers is right


_KINDS: Final[Mapping[str, Callable[[Described], str]]] = MappingProxyType(
    {
        "description": lambda item: item.description,
        "first-12-words": lambda item: first_words(item.description, 12),
        "first-5-words": lambda item: first_words(item.description, 5),
        "nickname": lambda item: item.nickname,
    }
)


def described(row: Mapping[str, Any]) -> Described | None:
    """What an object with `query_long`, `nickname` and `relevant` says; `None` if it is no such object."""
    text, nickname, relevant = (row.get(name) for name in ("query_long", "nickname", "relevant"))
    if not isinstance(text, str) or not isinstance(relevant, list):
        return None
    known = [arxiv_id_of(one) for one in relevant if isinstance(one, str)]
    ids = tuple(one[0] for one in known if one is not None)
    return Described(text, nickname if isinstance(nickname, str) else "", ids) if ids else None


def known_items(items: Iterable[Described], known: frozenset[str]) -> list[CaseSet]:
    """A set of each kind of question, as far as the papers of these names can answer it."""
    listed = list(items)
    return [
        present(
            name,
            [
                Case(text, frozenset(map(arxiv_name, item.arxiv_ids)), split_of(item.arxiv_ids[0]))
                for item in listed
                if (text := words(item).strip())
            ],
            known,
        )
        for name, words in _KINDS.items()
    ]


__all__ = ["Described", "described", "known_items"]
