"""Topics to choose from: everyday names, each for a filter that stays visible and can be edited. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.search.query import format_query, parse

TOPICS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "everything": "",
        "language": "cat:language",
        "vision": "cat:vision",
        "learning": "cat:learning",
        "robotics": "cat:robotics",
        "speech": "cat:eess.AS OR title:speech OR title:voice",
        "audio": "cat:audio OR title:music",
        "agents": "cat:agents OR title:agent OR title:agentic",
        "reasoning": 'title:reasoning OR "chain of thought"',
        "multimodal": 'cat:multimedia OR title:multimodal OR "vision language"',
        "generation": 'title:diffusion OR "text to image" OR "image generation" OR "video generation"',
        "reinforcement": '"reinforcement learning"',
        "retrieval": "cat:retrieval OR title:retrieval",
        "graphs": 'title:graph OR "graph neural"',
        "graphics": "cat:graphics OR title:3D OR title:rendering",
        "safety": "title:safety OR title:alignment OR title:jailbreak OR red-teaming",
        "security": "cat:security",
        "software": "cat:software OR title:code",
        "data": "cat:databases OR title:dataset OR title:benchmark",
        "interaction": "cat:hci",
        "efficiency": "title:efficient OR quantization OR pruning OR distillation",
        "systems": "cat:systems OR cat:hardware",
        "medicine": "title:medical OR title:clinical OR cat:imaging",
        "biology": "cat:biology OR title:protein",
        "science": "cat:physics OR cat:materials OR cat:mathematics OR title:scientific",
    }
)
"""Name → filter, as people would type it; at most 25, as many as any surface lets choose from."""

_BY_QUERY: Final = {format_query(parse(query)): name for name, query in TOPICS.items()}


def topic_of(query: str) -> str | None:
    """The topic whose filter this is, as it is stored; `None` for a filter of somebody's own."""
    return _BY_QUERY.get(query)
