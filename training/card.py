"""The model card: what the model is, on what it was trained, how, and what it scores."""

from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Final

from training.bags import Table
from training.pairs import TITLE_WEIGHT
from training.scores import MEANING, Score
from training.split import Data
from training.trainer import Settings

_CARD: Final = Path(__file__).with_name("card.md")


def model_card(
    name: str, table: Table, data: Data, settings: Settings, seed: int, scores: Sequence[Score]
) -> str:
    """The card in Markdown, with the metadata that model hubs read before it."""
    tokens, dimensions = table.vectors.shape
    shortest, longest = settings.pairs.passage
    return Template(_CARD.read_text(encoding="utf-8")).substitute(
        name=name,
        tokens=f"{tokens:,}",
        dimensions=dimensions,
        title_weight=TITLE_WEIGHT,
        training=f"{len(data.training):,}",
        corpus=f"{len(data.corpus):,}",
        held_out=f"{len(data.held_out):,}",
        runs=settings.runs,
        rounds=settings.rounds,
        batch=f"{settings.batch:,}",
        shortest=shortest,
        longest=longest,
        temperature=settings.temperature,
        seed=seed,
        meaning=MEANING,
        words=round(1 - MEANING, 3),
        scores="\n".join(map(_row, scores)),
    )


def _row(score: Score) -> str:
    figures = " | ".join(
        f"{figure:.3f}" for figure in (score.recall_1, score.recall_10, score.recall_100, score.mrr)
    )
    return f"| {score.name} | {score.n:,} | {score.mode} | {figures} |"
