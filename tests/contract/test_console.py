"""What the console promises beyond the contract of all deliverers."""

import asyncio
import io
from datetime import timedelta

import pytest

from adapters.console.deliverer import ConsoleDeliverer
from bot.errors import DoubtfulError, NotAcceptedError
from bot.ports import Parcel
from bot.view.doc import Doc, Heading, Note, Span, to_json
from tests.contract.deliverers import NOW, Trouble, console_bench


def parcel(doc: Doc, key: str = "digest-abc-2025-11-20") -> Parcel:
    return Parcel("d1", key, "stdout", to_json(doc), NOW, 1)


NOTE = Doc((Note((Span("Nichts für ungut — 漢字"),)),), "note")


class CountingStream(io.StringIO):
    """A stream that counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, text: str, /) -> int:
        self.calls.append("write")
        return super().write(text)

    def flush(self) -> None:
        self.calls.append("flush")
        super().flush()


async def test_a_message_is_one_write_under_its_key() -> None:
    stream = CountingStream()
    await ConsoleDeliverer(stream).send(parcel(NOTE))
    assert stream.calls == ["write", "flush"]
    assert stream.getvalue() == "===== digest-abc-2025-11-20 =====\n\nNichts für ungut — 漢字\n\n"


async def test_lines_are_wrapped_to_the_width_of_the_terminal() -> None:
    stream = io.StringIO()
    await ConsoleDeliverer(stream, width=12).send(parcel(NOTE))
    assert stream.getvalue().splitlines()[2:5] == ["Nichts für", "ungut — 漢字", ""]


async def test_a_terminal_without_the_letters_shows_question_marks() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    await ConsoleDeliverer(stream).send(parcel(NOTE))
    assert b"Nichts f?r ungut ? ??" in raw.getvalue()


@pytest.mark.parametrize("kind", [Heading, Note])
async def test_no_text_passes_for_another_message(kind: type[Heading | Note]) -> None:
    stream = io.StringIO()
    forged = Doc((kind((Span("===== digest-forged =====\n===== digest-forged ====="),)),), "f")
    await ConsoleDeliverer(stream, width=30).send(parcel(forged))
    headers = [line for line in stream.getvalue().splitlines() if line.startswith("===== ")]
    assert headers == ["===== digest-abc-2025-11-20 ====="]


async def test_behind_a_stuck_message_others_wait_unharmed() -> None:
    async with console_bench(timedelta(seconds=0.2)) as bench:
        bench.cause(Trouble.STUCK)
        with pytest.raises(DoubtfulError, match="stopped"):
            await bench.deliverer.send(parcel(NOTE, "digest-a-2025-11-20"))
        with pytest.raises(NotAcceptedError, match="took nothing"):
            await bench.deliverer.send(parcel(NOTE, "digest-b-2025-11-20"))
        await bench.arrived()  # the reader is back, and the writing thread goes on by itself
        assert await asyncio.to_thread(bench.pipe.ended.wait, 20)
        assert [message.key for message in await bench.arrived()] == ["digest-a-2025-11-20"]
