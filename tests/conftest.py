"""What all tests share: `make test` draws the same sample of every law, `make soak` a large new one."""

import signal
import threading
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

settings.register_profile("sample", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=1_000)
settings.load_profile("sample")  # `--hypothesis-profile=soak` replaces it

# What a shell starts in the background is deaf to Ctrl-C, and so would be the programs that tests start and
# interrupt.
deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
if deaf and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """Logs of a command that ran in this process went to its standard error, which ends with the test."""
    yield
    structlog.reset_defaults()
