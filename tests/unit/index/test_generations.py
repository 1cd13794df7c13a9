import shutil
from pathlib import Path

from storage.index.generations import Generations


def test_a_new_folder_has_no_generation(tmp_path: Path) -> None:
    assert Generations(tmp_path / "a" / "b").current() == (None, "does not exist yet")


def test_a_generation_is_used_from_when_it_is_said_and_the_others_go(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    first = generations.fresh()
    assert generations.current() == (None, "does not exist yet")
    generations.use(first)
    second = generations.fresh()
    assert generations.current() == (first, "")
    (second / "file").write_text("words")
    generations.use(second)
    assert generations.current() == (second, "")
    assert not first.exists()
    assert (second / "file").exists()


def test_a_generation_never_takes_the_place_of_one_that_was_not_finished(tmp_path: Path) -> None:
    first = Generations(tmp_path).fresh()
    assert Generations(tmp_path).fresh() != first


def test_of_all_who_open_a_folder_one_may_write_it_at_a_time(tmp_path: Path) -> None:
    one, other = Generations(tmp_path), Generations(tmp_path)
    assert (one.writing, one.may_write(), one.may_write(), one.writing) == (False, True, True, True)
    assert (other.may_write(), other.writing) == (False, False)
    one.close()
    one.close()
    assert (one.writing, other.may_write()) == (False, True)
    other.close()


def test_who_writes_a_folder_that_was_deleted_is_settled_anew(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    one, other = Generations(folder), Generations(folder)
    assert one.may_write()
    shutil.rmtree(folder)
    assert not one.writing
    assert other.may_write()
    assert (one.may_write(), one.writing, other.writing) == (False, False, True)
    other.close()
    assert one.may_write()
    one.close()


def test_a_generation_of_a_folder_that_was_deleted_has_a_name_that_none_had(tmp_path: Path) -> None:
    generations = Generations(tmp_path / "index")
    first = generations.fresh()
    generations.use(first)
    shutil.rmtree(tmp_path / "index")
    second = generations.fresh()
    generations.use(second)
    assert second.name != first.name
    assert generations.current() == (second, "")


def test_generations_of_earlier_versions_are_read_and_removed(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    for name in ("generation-7", "generation-12"):
        (tmp_path / name).mkdir()
    generations.use(tmp_path / "generation-12")
    assert generations.current() == (tmp_path / "generation-12", "")
    generations.use(generations.fresh())
    assert len(list(tmp_path.glob("generation-*"))) == 1


def test_the_size_counts_every_file(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    before = generations.bytes()
    (generations.fresh() / "file").write_bytes(bytes(100_000))
    assert generations.bytes() - before >= 100_000
    assert generations.trouble() is None
