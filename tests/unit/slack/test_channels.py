"""Whether a channel lets somebody post, by what Slack shows of it."""

from typing import Any

import pytest

from adapters.slack.channels import posters


def limited(**limits: list[str]) -> dict[str, Any]:
    return {"properties": {"posting_restricted_to": limits}}


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ({}, True),
        ({"properties": {"tabs": []}}, True),
        ({"is_archived": True}, False),
        ({"is_general": True}, None),
        ({"is_general": True, **limited(type=["admin"])}, False),
        (limited(type=["admin"], user=["U1"]), True),
        (limited(type=["admin", "owner"], user=["U2"]), False),
        (limited(user=["U2"]), False),
        (limited(type=["ra"]), None),
        (limited(type=["admin"], subteam=["S1"]), None),
    ],
)
def test_only_what_slack_says_for_sure_counts(channel: dict[str, Any], told: bool | None) -> None:
    assert posters(channel, "U1") is told
