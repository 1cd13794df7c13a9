"""The one way to the recorded data and the specifications that stand beside the checkout."""

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_file(name: str) -> Path:
    """The path of `name` in the shared folder; skips the test where the folder is absent, except in CI."""
    path = _SHARED / name
    if not path.exists():
        reason = f"needs {name} in the folder 'shared' beside the checkout"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
