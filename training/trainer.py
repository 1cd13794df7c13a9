"""Training: the query's paper must be nearer to the query than all others of the batch are.

The loss is the cross-entropy of cosines over a temperature, of queries among documents and of documents among
queries (Radford et al. 2021, https://arxiv.org/abs/2103.00020, figure 3), minimised by Adam (Kingma and Ba
2014, https://arxiv.org/abs/1412.6980). The gradient is written out: a table and a sum need no framework.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from training.bags import Bags, Floats, Table, bags, unit, unit_gradient
from training.pairs import TITLE_WEIGHT, PairSettings, Papers, batches, draw_pair


@dataclass(frozen=True, slots=True)
class Settings:
    """How a table is trained; `rate` is the step size after the first `warm_up` steps, and falls to zero."""

    runs: int = 2
    rounds: int = 16
    batch: int = 2048
    group: int = 64
    rate: float = 0.01
    warm_up: int = 30
    temperature: float = 0.05
    pairs: PairSettings = field(default_factory=PairSettings)


class Adam:
    """Adam for one array, which it changes in place."""

    def __init__(self, values: Floats) -> None:
        self._values = values
        self._mean = np.zeros_like(values)
        self._square = np.zeros_like(values)
        self._steps = 0

    def step(self, gradient: Floats, rate: float) -> None:
        """Goes one step; `gradient` is overwritten, for there is no need of another 30 MB."""
        self._steps += 1
        self._mean *= 0.9
        self._mean += 0.1 * gradient
        np.square(gradient, out=gradient)
        gradient *= 0.001
        self._square *= 0.999
        self._square += gradient
        np.sqrt(self._square, out=gradient)
        unbiased = (1 - 0.999**self._steps) ** 0.5
        gradient += 1e-8 * unbiased
        np.divide(self._mean, gradient, out=gradient)
        gradient *= rate * unbiased / (1 - 0.9**self._steps)
        self._values -= gradient


def train_mean(
    start: Table,
    papers: Papers,
    settings: Settings,
    rng: np.random.Generator,
    report: Callable[[int, int, float], None],
) -> Table:
    """The mean of `settings.runs` tables, each trained from `start` with pairs and batches of its own.

    From one start they come to lie near each other, and their mean finds more than any of them (Wortsman et
    al. 2022, https://arxiv.org/abs/2203.05482). `report` is told a run's number, from 1, and what `train`
    tells of it.
    """
    trained: list[Table] = []
    for run, own in enumerate([rng, *rng.spawn(settings.runs - 1)], start=1):
        table = Table(start.vectors.copy(), start.log_weights.copy())
        train(table, papers, settings, own, partial(report, run))
        trained.append(table)
    vectors: Floats = np.mean([table.vectors for table in trained], axis=0)
    log_weights: Floats = np.mean([table.log_weights for table in trained], axis=0)
    return Table(vectors, log_weights)


def train(
    table: Table,
    papers: Papers,
    settings: Settings,
    rng: np.random.Generator,
    report: Callable[[int, float], None],
) -> None:
    """Trains `table` in place; `report` is told each round's number, from 1, and its mean loss."""
    vocabulary = len(table.vectors)
    vectors, weights = Adam(table.vectors), Adam(table.log_weights)
    steps = settings.rounds * (len(papers) // settings.batch)
    step = 0
    for number in range(1, settings.rounds + 1):
        # The first round is over papers in no order: where they lie is not known well yet.
        near = document_vectors(table, papers) if number > 1 else None
        losses: list[float] = []
        for chosen in batches(near, len(papers), settings.batch, settings.group, rng):
            pairs = [
                draw_pair(papers.titles[paper], papers.abstracts[paper], settings.pairs, rng)
                for paper in chosen
            ]
            queries = bags([query for query, _ in pairs], vocabulary)
            documents = bags([document for _, document in pairs], vocabulary)
            loss, gradient = loss_and_gradient(table, queries, documents, settings.temperature)
            losses.append(loss)
            rate = settings.rate * min(1, (step + 1) / settings.warm_up) * (1 - step / steps)
            by_weight = (gradient * table.weighted()).sum(axis=1)
            gradient *= np.exp(table.log_weights)[:, np.newaxis]
            vectors.step(gradient, rate)
            weights.step(by_weight, rate)
            step += 1
        report(number, float(np.mean(losses)))


def loss_and_gradient(
    table: Table, queries: Bags, documents: Bags, temperature: float
) -> tuple[float, Floats]:
    """The mean loss of a batch whose row i of `queries` belongs to row i of `documents`, in nats, and its
    gradient by the weighted vectors, (vocabulary, dimensions).
    """
    weighted = table.weighted()
    query, query_lengths = unit(queries @ weighted)
    document, document_lengths = unit(documents @ weighted)
    scores = np.exp((query @ document.T - 1) / temperature)  # at most 1, for cosines are
    by_query: Floats = scores / scores.sum(axis=1, keepdims=True)
    by_document: Floats = scores / scores.sum(axis=0, keepdims=True)
    loss = -0.5 * float(np.log(np.diag(by_query) * np.diag(by_document)).mean())

    size = len(scores)
    error: Floats = 0.5 * (by_query + by_document)
    error[np.arange(size), np.arange(size)] -= 1
    error /= np.float32(size * temperature)
    gradient: Floats = queries.T @ unit_gradient(query, query_lengths, error @ document)
    gradient += documents.T @ unit_gradient(document, document_lengths, error.T @ query)
    return loss, gradient


def document_vectors(table: Table, papers: Papers) -> Floats:
    """The papers' vectors, (papers, dimensions), as they will be encoded."""
    vocabulary, weighted = len(table.vectors), table.weighted()
    titles = bags(papers.titles, vocabulary) @ weighted
    return unit(bags(papers.abstracts, vocabulary) @ weighted + TITLE_WEIGHT * titles)[0]
