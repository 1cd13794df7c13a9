"""A model is loaded when it is needed, once, and what goes wrong then is told to whoever needed it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bot.errors import ConfigError
from storage.embedding.deferred import DeferredEncoder
from tests.contract.encoders import HashedWords


class Loading:
    """Loads a small encoder, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> HashedWords:
        self.count += 1
        return HashedWords("loaded", 8)


def test_nothing_is_loaded_until_it_is_needed_and_then_once() -> None:
    loading = Loading()
    encoder = DeferredEncoder("some/model", loading)
    assert loading.count == 0
    assert (encoder.name, encoder.dimensions) == ("loaded", 8)
    own = HashedWords("loaded", 8)
    assert np.array_equal(encoder.queries(["maps"]), own.queries(["maps"]))
    assert np.array_equal(encoder.documents([("maps", "sea")]), own.documents([("maps", "sea")]))
    assert loading.count == 1


def test_threads_that_come_at_once_wait_for_one_loading() -> None:
    loading, gate = Loading(), threading.Barrier(8)
    encoder = DeferredEncoder("some/model", loading)

    def ask() -> str:
        gate.wait()
        return encoder.name

    with ThreadPoolExecutor(8) as threads:
        found = [one.result() for one in [threads.submit(ask) for _ in range(8)]]
    assert found == ["loaded"] * 8
    assert loading.count == 1


def test_a_model_that_cannot_be_loaded_is_told_each_time() -> None:
    def load() -> HashedWords:
        raise ConfigError("There is no such model.")

    encoder = DeferredEncoder("some/model", load)
    for _ in range(2):
        with pytest.raises(ConfigError, match="no such model"):
            encoder.queries(["maps"])
