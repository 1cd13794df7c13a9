"""Which papers belong to a query."""

from datetime import UTC, datetime

import pytest

from bot.model import IdScheme, Paper, PaperId, Upstream
from bot.search.match import compile_query, matches, prepare, verdict
from bot.search.query import EVERYTHING, parse


def paper(
    title: str = "A title",
    abstract: str = "",
    *,
    authors: tuple[str, ...] = (),
    categories: tuple[str, ...] | None = ("cs.LG",),
    keywords: tuple[str, ...] = (),
) -> Paper:
    return Paper(
        id=1,
        ids=(PaperId(IdScheme.ARXIV, "2501.00001"),),
        title=title,
        abstract=abstract,
        text_from=Upstream.ARXIV,
        authors=authors,
        published_at=None,
        first_seen_at=datetime(2025, 1, 1, tzinfo=UTC),
        categories=categories,
        keywords=keywords,
    )


def found(query: str, text: str) -> bool:
    return matches(parse(query), paper(text))


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
        ("flashattention", "Flash Attention"),  # words written apart are never glued
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
        assert matches(parse(word), subject)
    assert not matches(parse("song"), subject)


def test_a_phrase_does_not_cross_from_one_place_to_another() -> None:
    subject = paper("Alpha", "Beta", keywords=("gamma", "delta"))
    for phrase in ('"alpha beta"', '"beta gamma"', '"gamma delta"'):
        assert not matches(parse(phrase), subject)


def test_title_and_abstract_are_asked_apart() -> None:
    subject = paper("Attention mechanisms", "We use a transformer.", keywords=("vision",))
    assert matches(parse("title:attention abstract:transformers"), subject)
    assert matches(parse('title:"attention mechanism"'), subject)
    for query in ("title:transformer", "abstract:attention", "abstract:vision", "title:vision"):
        assert not matches(parse(query), subject)


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
    assert verdict(parse(query), paper(categories=("cs.CL", "stat.ML", "gr-qc"))) is answer


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
    assert verdict(parse(query), unknown) is answer
    assert matches(parse(query), unknown) is (answer is True)


def test_a_paper_without_categories_is_in_none() -> None:
    assert verdict(parse("cat:cs"), paper(categories=())) is False


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
    assert matches(parse(f'author:"{wanted}"'), paper(authors=("Someone Else", name)))


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
        ("Mueller", "Jörg Müller"),
        ("Y. Wang", "Wang"),
    ],
)
def test_another_person_is_not_taken_for_the_author(wanted: str, name: str) -> None:
    assert not matches(parse(f'author:"{wanted}"'), paper(authors=(name,)))


def test_two_names_of_one_paper_never_make_up_a_third() -> None:
    assert not matches(parse('author:"Yann Bengio"'), paper(authors=("Yann LeCun", "Yoshua Bengio")))


def test_one_prepared_paper_serves_many_compiled_queries() -> None:
    prepared = prepare(paper("Alpha beta", authors=("Ann Lee",), categories=("cs.RO",)))
    texts = ("alpha", '"alpha beta"', "author:lee", "cat:robotics", "-gamma", "gamma OR beta")
    assert all(compile_query(parse(text))(prepared) is True for text in texts)
    assert compile_query(EVERYTHING)(prepared) is True
