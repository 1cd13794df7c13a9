"""`paperboy destination teach`: papers from a file, that order what a destination is sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import JsonOption, load_settings, now, print_json, say, with_store
from bot.cli.completion import destination_names
from bot.cli.output import counted
from bot.errors import InputError

if TYPE_CHECKING:
    from bot.ports import Store
    from bot.taste.teaching import Resolved


def register(app: typer.Typer) -> None:
    """Adds the command to those of destinations."""

    @app.command()
    def teach(
        name: Annotated[
            str,
            typer.Argument(metavar="NAME", help="The destination's name.", autocompletion=destination_names),
        ],
        file: Annotated[
            Path,
            typer.Argument(
                metavar="FILE", help="Links or ids, or a list as BibTeX, RIS, CSL-JSON or CSV.", exists=True
            ),
        ],
        json_: JsonOption = False,
    ) -> None:
        """Order what it is sent by papers from a file: those like them come first. The newest 50 count."""
        from bot.cli.destinations import find
        from bot.taste.examples import read_examples
        from bot.taste.teaching import left_out, resolve

        named = read_examples(_text(file))

        async def work(store: "Store") -> "tuple[str, Resolved, int]":
            one = await find(store, name)
            found = await resolve(store, named)
            return one.name, found, await store.taste.teach(one.recipient_id, found.papers, now())

        who, found, kept = with_store(work, load_settings())
        if json_:
            print_json(
                {
                    "examples": kept,
                    "found": len(found.papers),
                    "unknown": len(found.unknown),
                    "words": len(named.words),
                    "unread": named.unread,
                    "beyond": found.beyond,
                }
            )
            return
        say(f"Found {counted(len(found.papers), 'paper')}; {who} has {counted(kept, 'example')} now.")
        for line in left_out(named, found):
            say(line)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as text in UTF-8.") from error
