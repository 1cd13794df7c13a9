"""An encoder that takes seconds to load, and is loaded only when it is first asked for something."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray

from bot.search.ports import Encoder

_log = structlog.get_logger(__name__)


class DeferredEncoder:
    """An `Encoder` that loads another on first use, in the thread of whoever uses it: the index asks in
    threads of its own, so that the event loop never waits. Raises what loading raises, each time anew.
    """

    def __init__(self, model: str, load: Callable[[], Encoder]) -> None:
        """`model` is what a person knows the model by."""
        self._model: Final = model
        self._load: Final = load
        self._turn: Final = threading.Lock()  # whoever comes while it is loaded waits for it
        self._loaded: Encoder | None = None

    @property
    def name(self) -> str:
        return self._encoder().name

    @property
    def dimensions(self) -> int:
        return self._encoder().dimensions

    def documents(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """As the model's own."""
        return self._encoder().documents(texts)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the model's own."""
        return self._encoder().queries(texts)

    def rest(self) -> None:
        """As the model's own; one that was never loaded has nothing to let go of."""
        if self._loaded is not None:
            self._loaded.rest()

    def _encoder(self) -> Encoder:
        with self._turn:
            if self._loaded is None:
                _log.info("Loading the semantic model; searches wait for it.", model=self._model)
                begun = time.monotonic()
                self._loaded = self._load()
                seconds = round(time.monotonic() - begun, 1)
                _log.info("The semantic model is loaded.", model=self._loaded.name, seconds=seconds)
            return self._loaded


__all__ = ["DeferredEncoder"]
