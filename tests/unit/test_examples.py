"""Papers that people name to teach with, in all the ways in which they name them."""

import json

import pytest

from bot.commands.exports import FORMATS
from bot.errors import InputError
from bot.model import IdScheme, PaperId
from bot.taste import examples as module
from bot.taste.examples import Example, read_examples
from tests.unit.test_share import a_paper

ATTENTION = PaperId(IdScheme.ARXIV, "1706.03762")
GPT3 = PaperId(IdScheme.ARXIV, "2005.14165")
KDD = PaperId(IdScheme.DOI, "10.1145/3292500.3330701")

BIBTEX = r"""
@article{vaswani2017attention,
  title={{A}ttention {I}s All You Need, \"{u}ber alles},
  author={Vaswani, Ashish and others},
  journal={arXiv preprint arXiv:1706.03762},
  month=jun
}
@misc{brown, title = "Few-Shot Learners", eprint = {2005.14165}, archivePrefix = {arXiv}}
@inproceedings{kdd, title = {Some Paper}, doi = {10.1145/3292500.3330701}, abstract = {As arXiv:1234.56789.}}
@online{untraced, title = {Known by Its Title Alone}}
@misc{nothing, note = {see there}}
"""
RIS = """TY  - JOUR
TI  - Attention Is All You Need
AU  - Vaswani, A
DO  - 10.48550/arXiv.1706.03762
UR  - http://arxiv.org/abs/1706.03762
ER  -

TY  - UNPB
T1  - Few-Shot Learners
M1  - arXiv:2005.14165
ER  -
"""
CSL_JSON = json.dumps(
    [
        {
            "id": "http://zotero.org/users/1/items/A",
            "type": "article",
            "title": "Attention",
            "number": "arXiv:1706.03762",
        },
        {"id": "B", "title": "Few-Shot Learners", "URL": "http://arxiv.org/abs/2005.14165"},
        "no entry",
    ]
)
ZOTERO_CSV = (
    "\ufeff"
    '"Key","Item Type","Author","Title","Publication Title","DOI","Url","Abstract Note","Extra"\n'
    '"A","preprint","Vaswani, A","Attention, please","","10.48550/arXiv.1706.03762","http://arxiv.org/abs/1706.03762",'
    '"Two\nlines","arXiv:1706.03762 [cs]"\n'
    '"B","preprint","Brown, T","Few-Shot Learners","","","","","arXiv:2005.14165"\n'
)


def test_bibtex() -> None:
    found = read_examples(BIBTEX)
    assert found.examples == (
        Example((ATTENTION,), "Attention Is All You Need, über alles"),
        Example((GPT3,), "Few-Shot Learners"),
        Example((KDD,), "Some Paper"),
        Example((), "Known by Its Title Alone"),
    )
    assert found.unread == 1, "the one that has neither an id nor a title"


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (RIS, ["Attention Is All You Need", "Few-Shot Learners"]),
        (RIS.replace("\n", "\r\n"), ["Attention Is All You Need", "Few-Shot Learners"]),
        (CSL_JSON, ["Attention", "Few-Shot Learners"]),
        (ZOTERO_CSV, ["Attention, please", "Few-Shot Learners"]),
        ("see <https://arxiv.org/abs/1706.03762v5>, 2005.14165 and 1706.03762", ["", ""]),
    ],
    ids=["ris", "ris with other line ends", "csl-json", "csv", "links"],
)
def test_other_lists_and_links(text: str, titles: list[str]) -> None:
    found = read_examples(text).examples
    assert [one.ids for one in found] == [(ATTENTION,), (GPT3,)]
    assert [one.title for one in found] == titles


@pytest.mark.parametrize("form", FORMATS)
def test_what_we_export_can_be_read_again(form: str) -> None:
    papers = [a_paper(number, title=f"Towels & Maps {number}") for number in (1, 2)]
    found = read_examples(FORMATS[form].write(papers))
    assert (found.words, found.unread) == ((), 0)
    assert [one.title for one in found.examples] == [paper.title for paper in papers]
    assert all(set(one.ids) & set(paper.ids) for one, paper in zip(found.examples, papers, strict=True))


@pytest.mark.parametrize(
    ("text", "titles", "unread"),
    [
        ("@misc{a, title={One},\n eprint={1706.03762}\n\n@misc{b, title={Two}}\n", ["Two"], 1),
        (
            "@misc{a, title={One, note={x}}\n@misc{b, title={Two}} @misc{c, title={Three}}",
            ["Two", "Three"],
            1,
        ),
        ("@string{t = {Two}}\n@misc{a, title={One\n@misc{b, title=t}\n@comment{c}\n", ["Two"], 1),
        ("@misc{a, title={One}}\n@misc{b, abstract={\n@home{x} and so on}, title={Two}}", ["One", "Two"], 0),
        (RIS.replace("ER  -\n", ""), ["Attention Is All You Need", "Few-Shot Learners"], 0),
        (RIS.removesuffix("ER  -\n"), ["Attention Is All You Need", "Few-Shot Learners"], 0),
        (
            RIS + "\nTY  - JOUR\nAU  - Vaswani, A\nER  -\n",
            ["Attention Is All You Need", "Few-Shot Learners"],
            1,
        ),
        (CSL_JSON, ["Attention", "Few-Shot Learners"], 1),
        (ZOTERO_CSV + '"C","preprint"\n,,,\n', ["Attention, please", "Few-Shot Learners"], 1),
    ],
)
def test_what_is_not_whole_is_counted_and_takes_nothing_along(
    text: str, titles: list[str], unread: int
) -> None:
    found = read_examples(text)
    assert [one.title for one in found.examples] == titles
    assert found.unread == unread


def test_words_that_name_no_paper_are_told() -> None:
    found = read_examples("1706.03762, 9999.99999 - garbage words (2005.14165) words")
    assert [one.ids for one in found.examples] == [(ATTENTION,), (GPT3,)]
    assert found.words == ("9999.99999", "garbage", "words")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("robots that fold", "names no paper"),
        ("@article{broken, title = {Never", "names no paper"),
        ("[{", "looks like CSL-JSON"),
        ("[" * 100_000, "looks like CSL-JSON"),
        ("@a{b, title={" + "{" * 3_000 + "}" * 3_000 + "}}", "looks like BibTeX"),
        ('"Title","DOI"\n', "names no paper"),
    ],
)
def test_what_names_no_paper_says_so(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_examples(text)


def test_what_is_too_long_is_not_looked_at() -> None:
    with pytest.raises(InputError, match="longer than 5,000,000 characters"):
        read_examples("x" * (module.LONGEST + 1))
