"""What a model may learn from, and what it may not."""

import pytest

from bot.evaluation.split import held_out
from bot.identity import title_key
from tests.shared import shared_file
from training.split import Data, read_data


@pytest.fixture(scope="module")
def data() -> Data:
    return read_data(shared_file("data/arxiv-abstracts").parent)


def test_no_paper_is_learnt_from_that_anything_is_measured_on(data: Data) -> None:
    learnt = {record.arxiv_id for record in data.training}
    assert learnt.isdisjoint(record.arxiv_id for record in data.corpus)
    assert learnt.isdisjoint(record.arxiv_id for record in data.held_out)
    assert learnt.isdisjoint(item.arxiv_id for item in data.items)
    titles = {title_key(record.title) for record in data.training}
    assert titles.isdisjoint(title_key(record.title) for record in data.corpus)


def test_every_item_asks_for_a_paper_of_the_corpus(data: Data) -> None:
    assert {item.arxiv_id for item in data.items} <= {record.arxiv_id for record in data.corpus}
    assert len(data.items) > 200


def test_about_one_paper_in_seventeen_is_held_out(data: Data) -> None:
    share = len(data.held_out) / (len(data.held_out) + len(data.training))
    assert share == pytest.approx(1 / 17, abs=0.01)
    assert all(held_out(record.arxiv_id) for record in data.held_out)


def test_what_is_held_out_hangs_on_the_id_alone() -> None:
    # These values are promises: a model trained before must not have seen what is measured later.
    ids = [f"2503.{number:05d}" for number in range(1000, 1100)]
    assert [arxiv_id for arxiv_id in ids if held_out(arxiv_id)] == [
        "2503.01001",
        "2503.01058",
        "2503.01078",
        "2503.01083",
        "2503.01086",
        "2503.01091",
        "2503.01092",
        "2503.01093",
    ]
