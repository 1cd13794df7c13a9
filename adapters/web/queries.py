"""Queries as readers send them."""

from typing import Final

from aiohttp import web

from bot.errors import InputError

_LONGEST: Final = 500  # characters


def asked_query(request: web.Request) -> str:
    """What a reader looks for; empty if nothing. Raises `InputError` where it is too long."""
    query = request.query.get("q", "").strip()
    if len(query) > _LONGEST:
        raise InputError(f"A query has at most {_LONGEST} characters here.")
    return query
