"""Logs: a sentence and structured fields, for people or as JSON lines, on standard error."""

import logging
import sys
import traceback

import structlog

_LEVELS = {name: getattr(logging, name.upper()) for name in ("debug", "info", "warning", "error")}


def configure_logs(level: str, style: str) -> None:
    """Sets up structlog for this process: `level` is the least shown, `style` is `console` or `json`.

    What libraries log through `logging` comes out from warnings on, in the same place.
    """
    logging.basicConfig(
        stream=sys.stderr, level=max(_LEVELS[level], logging.WARNING), format="%(name)s: %(message)s"
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,  # the level changes once the program has said hello
    )


def whereabouts(error: BaseException) -> list[str]:
    """Where a bug happened: without its message and its values, in which somebody's words may stand."""
    return [
        f"{frame.name} at {frame.filename}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
