"""Bodies and the answers that carry them: a tag each, so that what a reader has is not sent again."""

import gzip
import hashlib
import re
from dataclasses import dataclass, field
from typing import Final, Self

from aiohttp import hdrs, web

HTML: Final = "text/html"
ALWAYS_ASK: Final = "no-cache"  # kept by the reader, and asked about each time
FOR_EVER: Final = "public, max-age=31536000, immutable"
_WORTH_PACKING: Final = 1_000  # bytes
_WEIGHT: Final = re.compile(r"(?:q=(?P<weight>0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?")


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent, packed and not, and the tag of this version of it."""

    plain: bytes = field(repr=False)
    packed: bytes | None = field(repr=False)
    tag: str
    content_type: str

    @classmethod
    def of(cls, plain: bytes, content_type: str = HTML) -> Self:
        """The tag follows from the bytes alone."""
        packed = gzip.compress(plain, 6, mtime=0) if _worth_packing(plain, content_type) else None
        return cls(plain, packed, f'W/"{hashlib.blake2b(plain, digest_size=12).hexdigest()}"', content_type)


def _worth_packing(plain: bytes, content_type: str) -> bool:
    return len(plain) >= _WORTH_PACKING and content_type != "image/png"  # which is packed already


def answer(request: web.Request, body: Body, *, status: int = 200, keep: str = ALWAYS_ASK) -> web.Response:
    """The body, or that the reader has it already (304)."""
    headers = {hdrs.ETAG: body.tag, hdrs.CACHE_CONTROL: keep, hdrs.VARY: hdrs.ACCEPT_ENCODING}
    if status == 200 and _has(body.tag, request.headers.get(hdrs.IF_NONE_MATCH)):
        return web.Response(status=304, headers=headers)
    plain, packed = body.plain, body.packed
    if packed is not None and takes_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        plain = packed
    charset = None if body.content_type.startswith("image/") else "utf-8"
    return web.Response(
        status=status, body=plain, headers=headers, content_type=body.content_type, charset=charset
    )


def takes_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` lets a body be packed, and prefers none that is not (RFC 9110, 12.5.3).

    What cannot be read counts as not said.
    """
    weights: dict[str, float] = {}
    for one in accepted.lower().split(","):
        coding, *parameters = (part.strip() for part in one.split(";"))
        match = _WEIGHT.fullmatch(";".join(parameters))
        if match is not None:
            weights[coding] = float(match["weight"] or 1)
    gzipped = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0)))
    plain = weights.get("identity", 0)
    return gzipped > 0 and gzipped >= plain


def _has(tag: str, asked: str | None) -> bool:
    """Whether an `If-None-Match` names this tag, compared weakly (RFC 9110, 13.1.2)."""
    names = {one.strip().removeprefix("W/") for one in (asked or "").split(",")}
    return "*" in names or tag.removeprefix("W/") in names
