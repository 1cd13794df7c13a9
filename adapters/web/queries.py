"""Queries and papers' ids as readers send them."""

from typing import Final

from aiohttp import web

from bot.errors import InputError, NotFoundError
from bot.model import IdScheme, PaperId

_LONGEST: Final = 500  # characters


def asked_paper(request: web.Request) -> PaperId:
    """The id in the path, as it was written. Raises `NotFoundError` where there is no such kind of id."""
    scheme, value = request.match_info["scheme"], request.match_info["value"]
    if scheme not in set(IdScheme):
        raise NotFoundError("kind of paper's id", scheme)
    return PaperId(IdScheme(scheme), value)


def asked_query(request: web.Request) -> str:
    """What a reader looks for; empty if nothing. Raises `InputError` where it is too long."""
    query = request.query.get("q", "").strip()
    if len(query) > _LONGEST:
        raise InputError(f"A query has at most {_LONGEST} characters here.")
    return query
