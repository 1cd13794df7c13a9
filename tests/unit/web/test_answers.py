"""Who gets a body packed, and who does not."""

import pytest

from adapters.web.answers import takes_gzip


@pytest.mark.parametrize(
    "accepted",
    [
        "gzip",
        "GZIP",
        "gzip, deflate, br, zstd",
        "br;q=1.0, gzip;q=0.8, *;q=0.1",
        "gzip;q=0.001",
        "gzip ; q=1.000",
        "deflate, x-gzip",
        "*",
        "br, *;q=0.5",
        "identity;q=0.5, gzip",
        "identity;q=0, gzip;q=0.2",
        "gzip, ,deflate",
    ],
)
def test_a_body_is_packed_for_who_takes_it(accepted: str) -> None:
    assert takes_gzip(accepted)


@pytest.mark.parametrize(
    "accepted",
    [
        "",
        "identity",
        "deflate, br",
        "gzip;q=0",
        "gzip;q=0.0, deflate",
        "gzip; q=0.000",
        "*;q=0",
        "gzip;q=0, *",
        "gzip;q=0.5, identity",
        "not-gzip",
        "gzip;q=2",
        "gzip;q=high",
        "gzip;level=9",
    ],
)
def test_a_body_stays_as_it_is_for_who_does_not(accepted: str) -> None:
    assert not takes_gzip(accepted)
