"""`python -m training --data FOLDER [--out FOLDER] [--seed N] …`: trains, measures and writes the model."""

import argparse
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table as Grid
from tokenizers import Tokenizer

from storage.embedding.static import STATIC_MODEL, open_static
from training.bags import Table, bags
from training.card import model_card
from training.export import put_in_place, write_model
from training.pairs import Papers
from training.scores import Score, known_items, title_to_abstract
from training.split import read_data
from training.start import first_table
from training.trainer import Settings, train_mean
from training.vocabulary import tokenize, train_vocabulary

_TOKENS: Final = 19_600
_DIMENSIONS: Final = 384
"""Together nearly what fits into `training.export.LARGEST` bytes beside the tokenizer."""


def main() -> None:
    """Reads the command line and does it all; takes some ten minutes on one core, and 3 GB of memory."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="has arxiv-abstracts and search-known-item")
    parser.add_argument("--out", type=Path, default=STATIC_MODEL, help="where the model folder goes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tokenizer", type=Path, help="a finished vocabulary, instead of a new one")
    parser.add_argument("--runs", type=int, default=Settings().runs, help="whose mean is the model")
    parser.add_argument("--rounds", type=int, default=Settings().rounds, help="fewer for a trial")
    arguments = parser.parse_args()
    console = Console()

    data = read_data(arguments.data)
    rng = np.random.default_rng(arguments.seed)
    settings = Settings(runs=arguments.runs, rounds=arguments.rounds)
    console.print(f"{len(data.training):,} records to train on, {len(data.held_out):,} kept out")
    if arguments.tokenizer:
        tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    else:
        texts = (f"{record.title}\n{record.abstract}" for record in data.training)
        tokenizer = train_vocabulary(texts, _TOKENS)
    papers = Papers(
        tokenize(tokenizer, [record.title for record in data.training]),
        tokenize(tokenizer, [record.abstract for record in data.training]),
    )

    def told(run: int, number: int, loss: float) -> None:
        of = f"run {run} of {settings.runs}, round {number} of {settings.rounds}"
        console.print(f"{of}: loss {loss:.3f}")

    table = train_mean(_start(papers, tokenizer.get_vocab_size(), rng), papers, settings, rng, told)

    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.out.parent, prefix=".model-") as parent:
        folder = Path(parent) / "model"
        write_model(folder, table, tokenizer)
        encoder = open_static(folder)
        scores = [title_to_abstract(encoder, data.held_out), *known_items(encoder, data)]
        card = model_card(encoder.name, table, data, settings, arguments.seed, scores)
        (folder / "README.md").write_text(card, encoding="utf-8")
        put_in_place(folder, arguments.out)
    console.print(_grid(scores))
    console.print(f"{encoder.name} is in {arguments.out}")


def _start(papers: Papers, vocabulary: int, rng: np.random.Generator) -> Table:
    whole = [np.concatenate(texts) for texts in zip(papers.titles, papers.abstracts, strict=True)]
    return first_table(bags(whole, vocabulary), _DIMENSIONS, rng)


def _grid(scores: list[Score]) -> Grid:
    grid = Grid("queries", "n", "mode", "recall 1", "10", "100", "MRR")
    for score in scores:
        figures = (score.recall_1, score.recall_10, score.recall_100, score.mrr)
        grid.add_row(score.name, str(score.n), score.mode, *(f"{figure:.3f}" for figure in figures))
    return grid


if __name__ == "__main__":
    main()
