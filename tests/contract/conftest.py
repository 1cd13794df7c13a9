"""Fixtures of the contract suites."""

from tests.contract.commands import world
from tests.contract.stores import engine, open_store, store

__all__ = ["engine", "open_store", "store", "world"]
