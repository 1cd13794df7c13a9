"""What a message says, wherever in it that stands."""

from adapters.discord.hearing import texts_of
from bot.ids import ids_in


def named(message: dict[str, object]) -> list[str]:
    return [str(one) for one in ids_in(texts_of(message))]


def test_ids_and_links_are_found_in_text_embeds_components_and_what_is_forwarded() -> None:
    message: dict[str, object] = {
        "content": "Look: <https://arxiv.org/abs/2511.00001>, and 2511.00002.",
        "embeds": [{"title": "A paper", "url": "https://huggingface.co/papers/2511.00003"}],
        "components": [
            {
                "type": 17,
                "components": [
                    {"type": 10, "content": "**[A title](<https://arxiv.org/abs/2511.00004>)** and more"},
                    {"type": 10, "content": "[Another](https://arxiv.org/abs/2511.00005)"},
                ],
            }
        ],
        "message_snapshots": [{"message": {"content": "arXiv:2511.00006"}}],
        "author": {"username": "2511.99999"},
    }
    assert sorted(named(message)) == [f"arxiv:2511.0000{number}" for number in range(1, 7)]


def test_a_message_without_papers_names_none() -> None:
    assert named({"content": "Nothing [here](https://example.org)", "embeds": []}) == []
