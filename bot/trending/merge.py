"""One paper, several upstreams: which of their readings speaks for a signal.

Readings of different upstreams are never mixed in one series: a difference between GitHub's own count and
an older copy of it elsewhere is not a gain.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.model import PaperSeries, Series, Signal, Upstream

# Who counts a signal itself, as against passing on a copy of it.
_AUTHORITY: Final[Mapping[Signal, Upstream]] = {
    Signal.UPVOTES: Upstream.HUGGING_FACE,
    Signal.COMMENTS: Upstream.HUGGING_FACE,
    Signal.STARS: Upstream.GITHUB,
    Signal.HN_POINTS: Upstream.HACKER_NEWS,
    Signal.HN_COMMENTS: Upstream.HACKER_NEWS,
}

# A copy may be this much fresher before it is believed over the authority, which may be switched off.
_PATIENCE_MS: Final = timedelta(days=2) // timedelta(milliseconds=1)


def merged(paper: PaperSeries, signal: Signal) -> Series | None:
    """The one series that speaks for `signal`, whatever the order in which upstreams were read.

    The authority's, unless another upstream saw the number change more than two days after the authority
    last did; among others the freshest, and among equals the first by name.
    """
    # Nearly always there is one, and a ranking asks this of every paper.
    only: Series | None = None
    for (kind, _), series in paper.signals.items():
        if kind is signal:
            if only is not None:
                return _most_trusted(paper, signal)
            only = series
    return only


def _most_trusted(paper: PaperSeries, signal: Signal) -> Series:
    told = {upstream: series for (kind, upstream), series in paper.signals.items() if kind is signal}
    freshest = max(sorted(told), key=lambda upstream: told[upstream].last_at)
    own = told.get(_AUTHORITY[signal])
    if own is not None and told[freshest].last_at - own.last_at <= _PATIENCE_MS:
        return own
    return told[freshest]
