"""Writes pages of digests in every layout, and of answers, to a folder: `python -m tests.looking FOLDER`."""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from adapters.discord import render as discord
from adapters.slack.render import messages
from bot.model import Layout
from bot.view.doc import Actions, Block, Button, Doc, Heading, Note, PaperCard, Section, Span
from tests.discord_sending import payload_of
from tests.golden.skeleton import LAYOUTS
from tests.looking import discord_html
from tests.looking.answers import pictured, replies
from tests.looking.days import digest_of, recorded_store
from tests.looking.slack_html import page

HOSTILE = (
    "*Bold* claims and _underscores_: `code` in a ~title~ <!channel> <@U1>",
    "$\\mathcal{O}(n^*)$ attention with $x_1$ and $y_2$ &lt;b&gt; <https://evil.example|arXiv>",
    "מודלי שפה גדולים: סקירה (LLM survey) \u202egnp.exe\u202c",
    "> quoted :tada: first\n2. A forged paper\n@here #general",
    "大規模言語モデルの評価に関する包括的な調査と、長い文脈における推論能力の限界についての考察",
    "A" * 60 + " " + "An unreasonably long title about scaling laws for " * 6,
)


def hostile() -> Doc:
    """What nobody hopes for, in every place where an upstream's text stands."""
    cards = tuple(
        PaperCard(
            number=number,
            paper_key=f"arxiv:2511.{number:05}",
            title=Span(title, f"https://arxiv.org/abs/2511.{number:05}", strong=True),
            summary=(Span(f"We *show* that {title}"[:118]),),
            summary_from="abstract",
            facts=(
                Span("57 upvotes, three times the usual"),
                Span("A_B_ *C* … D`E` (11)"),
                Span("A*STAR"),
            ),
            menu=menu(number),
        )
        for number, title in enumerate(HOSTILE, 1)
    )
    blocks: tuple[Block, ...] = (
        Heading((Span("Trending papers · Thu 20 Nov"),)),
        *cards,
        Note((Span("Set up by *maya* <@U1>."),)),
    )
    return Doc(blocks, "Trending papers · Thu 20 Nov")


def menu(number: int) -> tuple[Button, ...]:
    return (
        Button(f"Save paper {number}", f"save:arxiv:2511.{number:05}"),
        Button(f"Why paper {number} trends", f"why:arxiv:2511.{number:05}"),
        Button(f"More like paper {number}", f"more:arxiv:2511.{number:05}"),
        Button(f"Hide paper {number} for me", f"hide:arxiv:2511.{number:05}"),
    )


def reply() -> Doc:
    """An answer that is no digest."""
    blocks = (
        Section((Span("Remove the digest of "), Span("#ml-papers", strong=True), Span("?"))),
        Note((Span("The last one came "), Span("Thu 20 Nov 09:00", instant=1763629200), Span("."))),
        Actions(
            (Button("Remove the digest", "remove:k3v9", danger=True), Button("Keep it", "run:channel show"))
        ),
    )
    return Doc(blocks, "Remove the digest?")


async def write(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        async with recorded_store(Path(scratch)) as store:
            docs = {
                "a day": await digest_of(store, date(2025, 11, 20), 5),
                "a full day": await digest_of(store, date(2025, 12, 2), 20),
                "a thin day": await digest_of(store, date(2025, 1, 21), 5, floor=1),
                "a quiet day": await digest_of(store, date(2025, 11, 22), 5, query="cat:math.AG"),
            }
            answers = await replies(store, Path(scratch))
    docs |= {"hostile titles": hostile(), "an answer": reply()}
    for dark in (False, True):
        for layout in LAYOUTS["slack"]:
            _write_slack(folder, layout, docs, dark=dark)
        for layout in LAYOUTS["discord"]:
            _write_discord(folder, layout, docs, dark=dark)
    answered = [(words, pictured(one)) for words, one in answers.items()]
    (folder / "slack-answers.html").write_text(page("answers", answered), encoding="utf-8")
    said = [(words, list(map(payload_of, discord.messages(one.doc)))) for words, one in answers.items()]
    (folder / "discord-answers.html").write_text(discord_html.page("answers", said), encoding="utf-8")


def _write_slack(folder: Path, layout: Layout, docs: Mapping[str, Doc], *, dark: bool) -> None:
    shown = [
        (f"{name} · {layout}", [list(one.blocks) for one in messages(doc, layout)])
        for name, doc in docs.items()
    ]
    name = f"slack-{layout}{'-dark' if dark else ''}.html"
    (folder / name).write_text(page(name, shown, dark=dark, menu=True), encoding="utf-8")


def _write_discord(folder: Path, layout: Layout, docs: Mapping[str, Doc], *, dark: bool) -> None:
    shown = [
        (f"{name} · {layout}", list(map(payload_of, discord.messages(doc, layout, key="k", mention="7"))))
        for name, doc in docs.items()
    ]
    name = f"discord-{layout}{'-dark' if dark else ''}.html"
    (folder / name).write_text(discord_html.page(name, shown, dark=dark, menu=True), encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(write(target))
