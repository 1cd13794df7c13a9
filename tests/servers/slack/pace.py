"""How fast messages were posted, for tests to hold against Slack's limits."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

ONE_CHANNEL = timedelta(seconds=1)  # between two messages
ONE_WORKSPACE = 200  # messages in any minute


@dataclass(frozen=True, slots=True)
class Posted:
    """One call of chat.postMessage, by the injected clock; refused ones count too."""

    at: datetime
    workspace: str  # of the token: a team, or a whole organisation
    channel: str


def too_fast(posts: Iterable[Posted], *, slack: timedelta = timedelta(milliseconds=20)) -> list[str]:
    """Where the pace was not kept, in words. `slack` is between a client's clock and ours."""
    problems = []
    by_channel: dict[str, list[datetime]] = defaultdict(list)
    by_workspace: dict[str, list[datetime]] = defaultdict(list)
    for post in sorted(posts, key=lambda one: one.at):
        by_channel[post.channel].append(post.at)
        by_workspace[post.workspace].append(post.at)
    for channel, times in by_channel.items():
        for before, after in pairwise(times):
            if after - before < ONE_CHANNEL - slack:
                problems.append(f"{channel}: {after - before} between two messages")
    for workspace, times in by_workspace.items():
        for first, beyond in zip(times, times[ONE_WORKSPACE:], strict=False):
            if beyond - first < timedelta(minutes=1) - slack:
                problems.append(f"{workspace}: {ONE_WORKSPACE + 1} messages in {beyond - first}")
    return problems
