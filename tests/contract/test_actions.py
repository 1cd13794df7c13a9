"""What every store promises of texts that buttons have no room for."""

from bot.ports import OpenStore, Store
from tests.contract.rows import DAY, NOW


async def test_a_text_is_kept_by_its_name_in_the_next_life_too(open_store: OpenStore) -> None:
    async with open_store() as store:
        await store.actions.keep({"a": "one", "b": "two"}, NOW)
    async with open_store() as store:
        assert [await store.actions.kept(name) for name in "abc"] == ["one", "two", None]


async def test_what_was_last_kept_before_an_instant_is_dropped(store: Store) -> None:
    await store.actions.keep({"a": "one", "b": "two", "c": "three"}, NOW)
    await store.actions.keep({"a": "another"}, NOW + DAY)
    await store.actions.drop(NOW)
    assert await store.actions.kept("b") == "two", "what was kept at that very instant stays"
    await store.actions.drop(NOW + DAY)
    assert [await store.actions.kept(name) for name in "abc"] == ["one", None, None]
