"""Which papers belong to a query."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.model import IdScheme, Paper, PaperId, Upstream
from bot.search.match import compile_query, matches, prepare, verdict
from bot.search.query import EVERYTHING, parse

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def paper(
    title: str = "A title",
    abstract: str = "",
    *,
    authors: tuple[str, ...] = (),
    categories: tuple[str, ...] | None = ("cs.LG",),
    keywords: tuple[str, ...] = (),
    **facts: Any,
) -> Paper:
    known = Paper(
        id=1,
        ids=(PaperId(IdScheme.ARXIV, "2501.00001"), PaperId(IdScheme.DOI, "10.1145/3292500")),
        title=title,
        abstract=abstract,
        text_from=Upstream.ARXIV,
        authors=authors,
        published_at=None,
        first_seen_at=datetime(2025, 1, 1, tzinfo=UTC),
        categories=categories,
        keywords=keywords,
    )
    return replace(known, **facts)


def found(query: str, text: str) -> bool:
    return matches(parse(query), paper(text), now=NOW)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("transformer", "Vision Transformers"),
        ("generalising", "It generalises well"),
        ("flash-attention", "FlashAttention"),
        ("flash-attention", "Flash Attention"),
        ("flash-attention", "flash-attention"),
        ("flash-attention", "flashattention"),
        ("flash attention", "FlashAttention"),
        ("flash attention", "flashattention is fast"),
        ("fast flash attention", "Flashattentions are fast"),
        ('"flash attention kernel"', "flashattention kernels"),
        ('"flashattention kernel"', "flash attention kernels"),
        ("flashattention", "Flash Attention"),
        ("FLASHATTENTION", "flash attention"),
        ("flashattention-2", "Flash Attention 2"),
        ("datasets", "a data set"),
        ("data sets", "one dataset"),
        ("multimodal", "multi modal"),
        ("title:flashattention", "Flash Attention"),
        ('title:"flash attention"', "flashattention"),
        ("flashattention", "FlashAttention-2"),
        ("flashattention", "Flash-Attention"),
        ("FlashAttention", "Flash attention"),
        ("flashattention2", "FlashAttention-2"),
        ("flash-attention-2", "FlashAttention 2"),
        ("flash-attention-2", "flashattention-2"),
        ('"state of the art"', "A state-of-the-art model"),
        ("state-of-the-art", "the state of the art"),
        ('"stateoftheart model"', "state-of-the-art models"),
        ("lora", "QLoRA and LoRA"),
        ("LoRA", "lora"),
        ("llm", "LLMs"),
        ("LLMs", "an LLM"),
        ("gpus", "one GPU"),
        ("gpt", "GPT-4o"),
        ("gpt4o", "GPT-4o"),
        ("GPT-4o", "gpt 4o"),
        ("qwen", "Qwen2.5-VL"),
        ("qwen-2.5", "Qwen2.5"),
        ("yolo", "YOLOv8"),
        ("resnet", "ResNet-50"),
        ("resnet", "ResNet50"),
        ("finetuning", "fine-tuned"),
        ("L_2", "an $L_2$ norm"),
        ("L2", "an L_2 norm"),
        ("l_2", "L2"),
        ("C++", "written in C++."),
        ("c++", "C++17"),
        ("C#", "in C#"),
        ("A* search", "Learning A* Search"),
        ("don't", "Don't stop"),
        ("dont", "don\u2019t stop"),
        ("model", "the model's weights"),
        ("R&D", "an R&D team"),
        ("naive", "Naïve Bayes"),
        ("naïve", "naive Bayes"),
        ("erdos", "an Erdős graph"),
        ("β-VAE", "the β-vae"),
        ("🚀", "To the moon 🚀!"),
        ("语言模型", "大语言模型"),
        ('"语言 模型"', "大语言模型"),
        ("모델", "언어 모델을"),
        ("ﬁne", "fine"),
        ("soft\u00adware", "software"),
        ("ChatGPT™", "chatgpt"),
    ],
)
def test_words_are_found_the_way_people_type_them(query: str, text: str) -> None:
    assert found(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("C", "C++ and C#"),
        ("C++", "C or D"),
        ("A*", "A model"),
        ("gpt-4", "GPT-4o"),
        ("asymmetric", "a symmetric matrix"),
        ("a symmetric", "asymmetric matrices"),
        ("notable", "it is not able to"),
        ("not able", "a notable result"),
        ("flashattention", "flash of attention"),
        ("flash OR attention", "flashattention"),
        ("attention flash", "flashattention"),
        ('"flash survey attention"', "flashattention survey"),
        ("title:flash title:attention", "flashattention"),
        ("flash-attention", "attention in a flash"),
        ('"vision language"', "language and vision"),
        ('"large model"', "large language model"),
        ("语模", "语言模型"),
        ("ai", "OpenAI"),
        ("art", "start"),
    ],
)
def test_words_that_are_not_there_are_not_found(query: str, text: str) -> None:
    assert not found(query, text)


def test_words_are_looked_for_in_title_abstract_and_keywords_but_not_among_authors() -> None:
    subject = paper("Alpha", "Beta.", keywords=("gamma rays", "delta"), authors=("Long Song",))
    for word in ("alpha", "beta", "gamma", "alpha beta delta"):
        assert matches(parse(word), subject, now=NOW)
    assert not matches(parse("song"), subject, now=NOW)


def test_a_phrase_does_not_cross_from_one_place_to_another() -> None:
    subject = paper("Alpha", "Beta", keywords=("gamma", "delta"))
    for phrase in ('"alpha beta"', '"beta gamma"', '"gamma delta"'):
        assert not matches(parse(phrase), subject, now=NOW)


def test_title_and_abstract_are_asked_apart() -> None:
    subject = paper("Attention mechanisms", "We use a transformer.", keywords=("vision",))
    assert matches(parse("title:attention abstract:transformers"), subject, now=NOW)
    assert matches(parse('title:"attention mechanism"'), subject, now=NOW)
    for query in ("title:transformer", "abstract:attention", "abstract:vision", "title:vision"):
        assert not matches(parse(query), subject, now=NOW)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("cat:cs.CL", True),
        ("cat:CS.cl", True),
        ("cat:cs", True),
        ("cat:stat", True),
        ("cat:language", True),
        ("cat:learning", True),  # by its cross-list stat.ML
        ("cat:cs.CV", False),
        ("cat:math", False),
        ("cat:gr-qc", True),
        ("-cat:cs", False),
    ],
)
def test_a_category_matches_cross_lists_archives_and_names(query: str, answer: bool) -> None:
    assert verdict(parse(query), paper(categories=("cs.CL", "stat.ML", "gr-qc")), now=NOW) is answer


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("cat:cs.CL", None),
        ("-cat:cs.CL", None),
        ("alpha cat:cs.CL", None),
        ("beta cat:cs.CL", False),
        ("cat:cs.CL beta", False),
        ("alpha OR cat:cs.CL", True),
        ("beta OR cat:cs.CL", None),
        ("-(beta cat:cs.CL)", True),
        ("alpha", True),
        ("", True),
    ],
)
def test_unknown_categories_leave_open_only_what_hangs_on_them(query: str, answer: bool | None) -> None:
    unknown = paper("Alpha", categories=None)
    assert verdict(parse(query), unknown, now=NOW) is answer
    assert matches(parse(query), unknown, now=NOW) is (answer is True)


def test_a_paper_without_categories_is_in_none() -> None:
    assert verdict(parse("cat:cs"), paper(categories=()), now=NOW) is False


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("id:2501.00001", True),
        ("arXiv:2501.00001v3", True),
        ("https://doi.org/10.1145/3292500", True),
        ("id:2501.00002", False),
        ("-id:2501.00002", True),
        ("org:deepmind", True),
        ("org:google", True),
        ('org:"Google DeepMind"', True),
        ("org:DEEP-MIND", True),
        ('org:"deep mind research"', True),
        ('org:"recherche"', False),
        ('org:"research google"', False),
        ("org:mind", True),
        ("has:code", True),
        ("has:project", False),
        ("-has:project", True),
        ("year:2025", True),
        ("year:2024", False),
        ("after:2025-05-20", True),
        ("after:2025-05-21", False),
        ("before:2025-05-20", False),
        ("before:2025-05-21", True),
        ("after:2025-05 before:2025-06", True),
        ("after:2025", True),
        ("before:2025", False),
        ("after:12d", True),
        ("after:11d", False),
        ("before:11d", True),
        ('after:"last month"', True),
        ("after:this-month", False),
        ("before:today", True),
        ("upvotes:>20", True),
        ("upvotes:>21", False),
        ("upvotes:>=21", True),
        ("upvotes:<21", False),
        ("upvotes:<=21", True),
        ("upvotes:21", True),
        ("upvotes:<0", False),
        ("sort:new", True),
        ("alpha sort:top", True),
        ("beta sort:top", False),
    ],
)
def test_a_condition_holds_or_not(query: str, answer: bool) -> None:
    subject = paper(
        "Alpha",
        organization="Google DeepMind Research",
        code_url="https://github.com/a/b",
        published_at=datetime(2025, 5, 20, 12, tzinfo=UTC),
    )
    assert matches(parse(query), subject, now=NOW, upvotes=21) is answer
    if "sort:" not in query:
        assert verdict(parse(f"-({query})"), subject, now=NOW, upvotes=21) is not answer


@pytest.mark.parametrize(
    "query", ["after:1y", "before:1y", "year:2025", "upvotes:>=0", "upvotes:<5", "org:meta", "has:code"]
)
def test_what_nobody_said_of_a_paper_it_does_not_have(query: str) -> None:
    assert verdict(parse(query), paper(), now=NOW) is False
    assert verdict(parse(f"-{query}"), paper(), now=NOW) is True


def test_case_and_accents_of_an_organisation_do_not_count() -> None:
    for asked, name in (("montréal", "UNIVERSITE DE MONTREAL"), ("MONTREAL", "Université de Montréal")):
        assert matches(parse(f"org:{asked}"), paper(organization=name), now=NOW)


def test_neighbouring_words_are_joined_only_where_both_are_wanted() -> None:
    subject = paper("flashattention")
    assert matches(parse("flash attention"), subject, now=NOW)
    assert not matches(parse("flash"), subject, now=NOW)
    assert not matches(parse("flash survey attention"), subject, now=NOW)
    assert not matches(parse("flash -attention"), subject, now=NOW)
    assert matches(parse("flash cat:cs.LG attention"), subject, now=NOW)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("lecun", "Yann LeCun"),
        ("Yann LeCun", "Yann LeCun"),
        ("Y. LeCun", "Yann LeCun"),
        ("Yann LeCun", "Y. LeCun"),
        ("Y.LeCun", "Yann A. LeCun"),
        ("Y. A. LeCun", "Yann LeCun"),
        ("Y.A. LeCun", "Yann André LeCun"),
        ("LeCun, Yann", "Yann LeCun"),
        ("LeCun Y.", "Yann LeCun"),
        ("Yann LeCun", "LeCun, Y."),
        ("lecun", "Yann Le Cun"),
        ("Le Cun", "Yann LeCun"),
        ("LeCun,", "Yann LeCun"),
        ("Muller", "Jörg Müller"),
        ("MÜLLER", "Joerg Muller"),
        # Who has no ü on the keyboard types ue, as the papers of many a Müller do.
        ("Mueller", "Jörg Müller"),
        ("J. Mueller", "Jörg Mu\u0308ller"),
        ("Müller", "Joerg Mueller"),
        ("Jörg Müller", "Mueller, Joerg"),
        ("Schoelkopf", "Bernhard Schölkopf"),
        ("Soegaard", "Anders Søgaard"),
        ("Sogaard", "Anders Søgaard"),
        ("Aarup", "Ann Årup"),
        ("Jaeger", "Ann Jæger"),
        ("Strasse", "Ann Straße"),
        ("JB Alayrac", "Jean-Baptiste Alayrac"),
        ("Alayrac, JB", "Jean-Baptiste Alayrac"),
        ("Jean-Baptiste Alayrac", "JB Alayrac"),
        ("Andrew NG", "Andrew Ng"),
        ("Lukasz Kaiser", "Łukasz Kaiser"),
        ("van der Maaten", "Laurens van der Maaten"),
        ("L. van der Maaten", "Laurens van der Maaten"),
        ("Maaten", "Laurens van der Maaten"),
        ("García Márquez", "Gabriel García Márquez"),
        ("Fei Fei Li", "Fei-Fei Li"),
        ("F. Li", "Fei-Fei Li"),
        ("Xiaoming Wu", "Xiao-Ming Wu"),
        ("X.-M. Wu", "Xiaoming Wu"),
        ("Le Song", "Le Song"),
        ("Smith Jones", "Ann Smith-Jones"),
        ("O'Brien", "Pat O\u2019Brien"),
        ("Martin Luther King", "Martin Luther King, Jr."),
        ("Martin King", "Martin Luther King Jr."),
        ("李明", "李 明"),
    ],
)
def test_an_author_is_found_by_the_ways_the_name_is_written(wanted: str, name: str) -> None:
    assert matches(parse(f'author:"{wanted}"'), paper(authors=("Someone Else", name)), now=NOW)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Y. Wang", "Wei Yang"),
        ("Y. Wang", "Wei Wang"),
        ("Y. Wang", "Z. Y. Wang"),
        ("Yi Wang", "Ying Wang"),
        ("Wei Yang", "Yang Wei"),
        ("Cun", "Yann LeCun"),
        ("Yann", "Yann LeCun"),
        ("LeCun", "LeCun Zhang"),
        ("Ming Wu", "Xiao-Ming Wu"),
        ("Wang", "Yann Wangari"),
        ("Mueller", "Jörg Muller"),  # nothing says that the u had dots
        ("Jorge Müller", "Joerg Mueller"),
        ("NG Wei", "Andrew Ng"),
        ("Y. Wang", "Wang"),
    ],
)
def test_another_person_is_not_taken_for_the_author(wanted: str, name: str) -> None:
    assert not matches(parse(f'author:"{wanted}"'), paper(authors=(name,)), now=NOW)


def test_two_names_of_one_paper_never_make_up_a_third() -> None:
    assert not matches(parse('author:"Yann Bengio"'), paper(authors=("Yann LeCun", "Yoshua Bengio")), now=NOW)


def test_one_prepared_paper_serves_many_compiled_queries() -> None:
    prepared = prepare(paper("Alpha beta", authors=("Ann Lee",), categories=("cs.RO",)))
    texts = ("alpha", '"alpha beta"', "author:lee", "cat:robotics", "-gamma", "gamma OR beta")
    assert all(compile_query(parse(text), NOW)(prepared, None) is True for text in texts)
    assert compile_query(EVERYTHING, NOW)(prepared, None) is True
