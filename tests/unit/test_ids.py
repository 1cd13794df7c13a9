"""Identifiers and links, as people and upstreams write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ids import arxiv_id_of, ids_in, paper_id_of
from bot.sources.ids import code_link_in, github_repo_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2508.13426", ("2508.13426", None)),
        (" 2508.13426v2\n", ("2508.13426", 2)),
        ("0704.0001v12", ("0704.0001", 12)),
        ("arXiv:2508.13426", ("2508.13426", None)),
        ("oai:arXiv.org:2508.13426v1", ("2508.13426", 1)),
        ("10.48550/arXiv.2508.13426", ("2508.13426", None)),
        ("https://doi.org/10.48550/arXiv.2508.13426", ("2508.13426", None)),
        ("quant-ph/0201082", ("quant-ph/0201082", None)),
        ("quant-ph/0201082v1", ("quant-ph/0201082", 1)),
        ("math.GT/0309136v3", ("math/0309136", 3)),
        ("http://arxiv.org/abs/quant-ph/0201082v1", ("quant-ph/0201082", 1)),
        ("https://arxiv.org/abs/2104.12255v1", ("2104.12255", 1)),
        ("https://arxiv.org/pdf/2104.12255v1.pdf", ("2104.12255", 1)),
        ("https://www.arxiv.org/html/2104.12255", ("2104.12255", None)),
        ("arxiv.org/abs/2104.12255?context=cs", ("2104.12255", None)),
        ("https://huggingface.co/papers/2403.06634", ("2403.06634", None)),
        ("https://hf.co/papers/2403.06634#comments", ("2403.06634", None)),
        ("https://www.alphaxiv.org/abs/2403.06634v2", ("2403.06634", 2)),
        ("https://alphaxiv.org/overview/2403.06634", ("2403.06634", None)),
    ],
)
def test_an_arxiv_id_is_found_with_its_version(text: str, expected: tuple[str, int | None]) -> None:
    assert arxiv_id_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "0000.0000",  # no such month
        "2513.00001",
        "2508.134",
        "2508.134260",
        "2508.13426v0",
        "2508.13426 and more",
        "see 2508.13426",
        "https://evil.example/abs/2508.13426",
        "https://evil.example/?https://arxiv.org/abs/2508.13426",
        "https://arxiv.org.evil.example/abs/2508.13426",
        "https://arxiv.org/list/cs.AI/recent",
        "https://huggingface.co/2403.06634",
        "١٢٠٨.13426",  # digits, but not arXiv's
    ],
)
def test_anything_else_is_no_arxiv_id(text: str) -> None:
    assert arxiv_id_of(text) is None


@given(
    year=st.integers(7, 99),
    month=st.integers(1, 12),
    number=st.integers(0, 99_999),
    version=st.none() | st.integers(1, 99),
    form=st.sampled_from(["{}", "arXiv:{}", "https://arxiv.org/abs/{}", "https://arxiv.org/pdf/{}.pdf"]),
)
def test_every_form_of_an_id_means_the_same(
    year: int, month: int, number: int, version: int | None, form: str
) -> None:
    plain = f"{year:02}{month:02}.{number:05}"
    assert arxiv_id_of(form.format(plain if version is None else f"{plain}v{version}")) == (plain, version)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://arxiv.org/abs/2508.13426v2", "arxiv:2508.13426"),
        ("https://doi.org/10.48550/arXiv.2508.13426", "arxiv:2508.13426"),
        ("arxiv:2508.13426", "arxiv:2508.13426"),
        ("10.1145/3292500.3330701", "doi:10.1145/3292500.3330701"),
        (" doi:10.1162/TACL_a_00638 ", "doi:10.1162/tacl_a_00638"),
        ("https://dx.doi.org/10.1016/S0004-3702(97)00043-X", "doi:10.1016/s0004-3702(97)00043-x"),
        ("doi.org/10.1145/3292500/", "doi:10.1145/3292500"),
        ("local:0123456789ABCDEF", "local:0123456789abcdef"),
        ("10.1145/", None),
        ("10.1145/a b", None),
        ("10.114/abc", None),
        ('10.1145/a"b', None),
        ("https://evil.example/10.1145/3292500", None),
        ("local:0123", None),
        ("banana", None),
    ],
)
def test_an_id_names_its_scheme(text: str, expected: str | None) -> None:
    found = paper_id_of(text)
    assert (str(found) if found else None) == expected
    assert found is None or paper_id_of(str(found)) == found


@given(st.text())
def test_no_text_is_too_strange_to_ask_about(text: str) -> None:
    paper_id_of(text)
    github_repo_of(text)
    github_repo_of(f"https://github.com/{text}")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/zhengkid/Parallel-R1", "zhengkid/Parallel-R1"),
        ("https://github.com/Yu-xm/ReVision.git", "Yu-xm/ReVision"),
        ("https://github.com/X-PLUG/MobileAgent/tree/main/UI-S1", "X-PLUG/MobileAgent"),
        ("https://github.com/RUC-NLPIR/ARPO/blob/main/", "RUC-NLPIR/ARPO"),
        ("https://github.com/Alibaba-NLP/DeepResearch///", "Alibaba-NLP/DeepResearch"),
        ("https://github.com/\nFightingFighting/NeuroAda.git", "FightingFighting/NeuroAda"),
        ("https://github.com/a/b?tab=readme-ov-file", "a/b"),
        ("http://www.github.com/a/b#readme", "a/b"),
        ("github.com/a/b.", "a/b"),
        ("git@github.com:a/b.git", "a/b"),
        ("https://github.com/a/a.github.io", "a/a.github.io"),
        ("https://github.com/DFIR-Metric", None),
        ("https://github.com/", None),
        ("https://github.com/orgs/huggingface", None),
        ("https://github.com/sponsors/a", None),
        ("https://gist.github.com/a/b", None),
        ("https://gitlab.com/a/b", None),
        ("https://evil.example/github.com/a/b", None),
        ("https://github.com/a/..", None),
        ("https://github.com/-a/b", None),
        ("", None),
    ],
)
def test_a_repository_is_named_whatever_stands_behind_its_name(url: str, expected: str | None) -> None:
    assert github_repo_of(url) == expected


def test_running_text_names_papers_by_ids_and_links_each_once() -> None:
    text = (
        "Read 2508.13426v2 (and https://arxiv.org/abs/1706.03762), then doi:10.1145/3292500.3330701. "
        "Not 1234, nor 2508.13426 again; “hf.co/papers/2401.00001”! "
        "*https://arxiv.org/abs/2501.00002* and **_2501.00003_**"
    )
    assert [one.value for one in ids_in(text)] == [
        "2508.13426",
        "1706.03762",
        "10.1145/3292500.3330701",
        "2401.00001",
        "2501.00002",
        "2501.00003",
    ]
    assert ids_in("nothing here: 3.14, v2, a/b") == []


@pytest.mark.parametrize(
    ("abstract", "link"),
    [
        ("We map. Code: https://github.com/a-b/c_d.e.", "https://github.com/a-b/c_d.e"),
        ("Our code (www.GitHub.com/a/b.git) is public.", "https://www.GitHub.com/a/b.git"),
        (
            "See here (https://github.com/a/b ), at https://github.com/A/B/tree/main.",
            "https://github.com/a/b",
        ),
        ("At github.com/a/b, and data at https://example.org/x.", "https://github.com/a/b"),
        ("At https://github.com/a/b and https://github.com/a/c.", None),
        ("Soon at https://github.com/a.", None),
        ("See https://github.com/features/actions.", None),
        ("See https://notgithub.com/a/b or https://my-github.com/a/b.", None),
        ("Code will be on GitHub.", None),
        ("", None),
    ],
)
def test_the_code_of_a_paper_is_the_one_repository_that_its_abstract_names(
    abstract: str, link: str | None
) -> None:
    assert code_link_in(abstract) == link


@given(st.text(st.sampled_from("github.com/aB-_.:/ \u00e9(){}\n?#")))
def test_whatever_an_abstract_holds_its_code_link_is_a_repositorys(text: str) -> None:
    for link in (code_link_in(text), code_link_in(f"https://github.com/{text}")):
        assert link is None or github_repo_of(link) is not None
