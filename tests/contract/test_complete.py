"""No method of a store is without a contract test."""

from pathlib import Path

import pytest

from bot import ports

PORTS = (
    ports.PaperStore,
    ports.EditionStore,
    ports.DestinationStore,
    ports.OutboxStore,
    ports.SourceStore,
    ports.StoreAdmin,
)
METHODS = [(port.__name__, name) for port in PORTS for name in vars(port) if not name.startswith("_")]


def test_there_are_methods_to_look_for() -> None:
    assert ("PaperStore", "ingest") in METHODS
    assert len(METHODS) > 40


@pytest.mark.parametrize(("port", "method"), METHODS)
def test_each_method_of_each_store_is_called_in_a_contract_test(port: str, method: str) -> None:
    """By its attribute of a store, as in `store.papers.ingest(`, or through a variable of that name."""
    attribute = {"StoreAdmin": "admin"}.get(port, port.removesuffix("Store").lower())
    names = (attribute, attribute + "s") if attribute not in {"admin", "outbox"} else (attribute,)
    texts = [path.read_text() for path in Path(__file__).parent.glob("*.py")]
    assert any(f"{name}.{method}(" in text for name in names for text in texts)
