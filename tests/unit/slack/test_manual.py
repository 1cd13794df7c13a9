"""The page for people says of every scope why, and of every error what becomes of it."""

from pathlib import Path

from adapters.slack import answers
from adapters.slack.scopes import BASE, PACKS

PAGE = (Path(__file__).resolve().parents[3] / "docs/slack.md").read_text(encoding="utf-8")


def test_every_scope_stands_there_with_its_reason() -> None:
    for scope in (*BASE, *(scope for pack in PACKS for scope in pack.scopes)):
        assert f"`{scope.name}` | {scope.reason} |" in PAGE


def test_every_pack_stands_there_with_what_it_gives() -> None:
    for pack in PACKS:
        assert f"| `{pack.name}` | {pack.gives} |" in PAGE


def test_every_error_with_an_outcome_of_its_own_stands_there() -> None:
    told_apart = {*answers._PAUSING, *answers._PASSING, *answers._UNKNOWN, *answers._TOO_LONG}
    assert [code for code in sorted(told_apart) if f"`{code}`" not in PAGE] == []
