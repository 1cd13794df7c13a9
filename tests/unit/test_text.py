"""Cleaning upstream text: what is mended, and what must stay as it is."""

import gzip
import json
import re
import unicodedata
from collections.abc import Iterator

import pytest

from bot.sources.text import clean_abstract, clean_link, clean_name, clean_title
from tests.shared import shared_file


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (r"Fr\'echet", "Fréchet"),
        (r"\"{o}", "ö"),
        (r"{\o}", "ø"),
        (r"S{\o}ren and S\o ren", "Søren and Søren"),
        (r"Gau\ss", "Gauß"),
        (r"\v{c}, \v Cech, Cu\v{c}a", "č, Čech, Cuča"),
        (r"Fran\c cois, gar\c{c}on", "François, garçon"),
        (r"na\"{\i}vely, Bolet\'{\i}n, \'\i", "naïvely, Boletín, í"),
        (r"{\'e}t{\'e}", "été"),
        (r"Karhunen-Lo\`eve, vis-\`a-vis", "Karhunen-Loève, vis-à-vis"),
        (
            r"Do\~nana, Goi\^ania, Erd\H{o}s, \L ukasz, \AA ngstr\"om",
            "Doñana, Goiânia, Erdős, Łukasz, Ångström",
        ),
        (r"Izba Odwo{\l}awcza", "Izba Odwoławcza"),
        (r"the Aya model (\"Ust\"un et al.)", "the Aya model (Üstün et al.)"),
        ("e\u0301tude", "étude"),  # composed
        (r"42\% of Q\&A in C\# and snake\_case", "42% of Q&A in C# and snake_case"),
        (r"86\\% accuracy", "86% accuracy"),
        (r"\emph{Uni-Instruct} and \textbf{b}, \textit{i}, \texttt{t}", "Uni-Instruct and b, i, t"),
        (r"\underline{\textbf{C}}ausal \emph{a \textbf{nested} one}", "Causal a nested one"),
        (r"{\em and} {\it vs.} {\bf x}", "and vs. x"),
        (r"\textcolor{red}{hot}", "hot"),
        (r"360{\deg} at 7.5 {\AA}, {\Delta}{\Delta}G, {\lambda}/2", "360° at 7.5 Å, ΔΔG, λ/2"),
        (r"PM\textsuperscript{4}Bench, H\textsubscript{2}O", "PM⁴Bench, H₂O"),
        (r"\LaTeX, \LaTeX{} and \ldots", "LaTeX, LaTeX and …"),
        (r"Biofouling$\unicode{x2013}$communities", "Biofouling\u2013communities"),
        (r"e.g.\ by 300\,k", "e.g. by 300 k"),
        ("named ``BurstAttention'' here", "named “BurstAttention” here"),
        (r"only \$0.34", "only $0.34"),
    ],
)
def test_tex_outside_maths_becomes_plain_text(raw: str, clean: str) -> None:
    assert clean_title(raw) == clean
    assert clean_abstract(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Large Language Models~(LLMs)", "Large Language Models (LLMs)"),
        ("at 13~mm, Mamba~2, Fig.~3", "at 13 mm, Mamba 2, Fig. 3"),
        ("LLaVA-Bench. ~Our project", "LLaVA-Bench. Our project"),
        ("inside or outside the interval~--~without", "inside or outside the interval -- without"),
        ("below 1~nT, ($<$~1~W", "below 1 nT, ($<$ 1 W"),
    ],
)
def test_a_tie_becomes_a_space(raw: str, clean: str) -> None:
    assert clean_title(raw) == clean


@pytest.mark.parametrize(
    "text",
    [
        "leverage only ~0.25% (~13%) of it",
        "10x ~ 50x faster, about 60%~70%, 1~4 images, 10~100times",
        "runs at ~ 35B tokens",
        r"texttt{D}ual and \ours, \cite{sd3} of {Sora}, {0, 1}",
        "2.3times greater, L_2^2, T^3_B, 512times512",
        r"$x~\'e \% \emph{y}$ and $$a~b$$ and \(a~b\) and \[c~d\]",
        r"$\textbf{A}$daptive",
        "at a cost of only $25 and then $15 per paper",
        r"maths $x$ beside \$5",  # unescaped, the third dollar could be taken for maths
        r"models\' scores, an object\'s, {\name}, \b geometric",
        "AT&amp;T, a <b>paper</b> about &lt;markup&gt;",
        "setting -- ideally -- of 5--6 --verbose",
        "code: ```python",
        "5'' by 7''",
    ],
)
def test_words_are_never_guessed(text: str) -> None:
    assert clean_title(text) == text
    assert clean_abstract(text) == text


def test_money_does_not_hide_the_text_between_two_amounts() -> None:
    assert clean_title(r"$25 and 40\% of $15 per paper") == "$25 and 40% of $15 per paper"


def test_an_escaped_apostrophe_in_prose_is_left_alone_and_a_polish_name_gets_its_accent() -> None:
    assert clean_title(r"an object\'s potential") == r"an object\'s potential"
    assert clean_name(r"Witold Ma\'nczak, Ja\'s") == "Witold Mańczak, Jaś"


def test_hard_line_breaks_become_spaces_and_blank_lines_divide_paragraphs_of_abstracts_alone() -> None:
    raw = "  One\nsentence\r\n goes on.\n \n\n  Another\u2028one.  "
    assert clean_abstract(raw) == "One sentence goes on.\n\nAnother one."
    assert clean_title(raw) == "One sentence goes on. Another one."
    assert clean_name("Ada\n Lovelace") == "Ada Lovelace"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\u200bb\u00adc\ufeff", "abc"),
        ("safe\u202etxt.exe\u2066x\u2069", "safetxt.exex"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("no\u00a0break\u2009thin\ttab", "no break thin tab"),
        ("half \ud83d a pair", "half \ufffd a pair"),
        (*["\u0645\u06cc\u200c\u062e\u0648"] * 2,),  # Persian needs its joiner
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d🔬 at work", "👩\u200d🔬 at work"),
        ("La\u200dtin", "Latin"),
    ],
)
def test_what_hides_or_reorders_words_is_removed_and_what_spells_them_stays(raw: str, clean: str) -> None:
    assert clean_title(raw) == clean
    assert clean_name(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Code: https://x.org/y.", "Code: https://x.org/y"),
        ("at https://x.org. We also", "at https://x.org . We also"),
        ("at https://x.org, and", "at https://x.org , and"),
        ("(https://x.org/a).", "(https://x.org/a )."),
        ('see "https://x.org/a"', 'see "https://x.org/a "'),
        ("https://en.wikipedia.org/wiki/A_(b) stays", "https://en.wikipedia.org/wiki/A_(b) stays"),
        ("at https://x.org{https://x.org}.", "at https://x.org"),
        ("at https://x.org/y/{this https URL} now", "at this https URL (https://x.org/y/ ) now"),
        ("at https://api.org/{id}/x now", "at https://api.org/{id}/x now"),
        (r"ChatGLM\url{https://chatglm.cn}, an", "ChatGLM https://chatglm.cn , an"),
        (r"models~\url{https://huggingface.co/LLaMAX/.} and", "models https://huggingface.co/LLaMAX/ and"),
        (r"\href{https://x.org/a}{https://x.org/a}.", "https://x.org/a"),
        (r"\href{https://x.org/a\_b}{x.org/a\_b} and", "https://x.org/a_b and"),
        (r"our \href{https://x.org}{code} is", "our code (https://x.org ) is"),
        (r"leaderboard\footnote{https://b.org/.} Our", "leaderboard (https://b.org/ ) Our"),
        (
            r"180 ms.\footnote{Speech samples: https://d.org/s/}",
            "180 ms. (Speech samples: https://d.org/s/ )",
        ),
        (r"https://x.org/~vgg/a\_b and http://x.org/\~z", "https://x.org/~vgg/a_b and http://x.org/~z"),
        ("看 https://x.org。然后", "看 https://x.org。然后"),
    ],
)
def test_links_are_freed_from_what_stands_around_them(raw: str, clean: str) -> None:
    assert clean_title(raw) == clean
    assert clean_abstract(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (" https://homepage.org/x/index.html ", "https://homepage.org/x/index.html"),
        ("https://x.org/a.", "https://x.org/a"),
        ("https://x.org/a{https://x.org/a}", "https://x.org/a"),
        ("https://github.com/\nowner/name.git", "https://github.com/owner/name.git"),
        ("<https://x.org/a>", "https://x.org/a"),
        ("(https://x.org/a)", None),
        (r"https://x.org/a\_b", "https://x.org/a_b"),
        ("github.com/owner/name", "https://github.com/owner/name"),
        ("https://x.org/a?b=c&d=%20#e", "https://x.org/a?b=c&d=%20#e"),
        ("https://bücher.example/ä", "https://bücher.example/ä"),
        ("javascript:alert(1)", None),
        ("ftp://x.org/a", None),
        ("https://user:secret@x.org/", None),
        ("https://x.org/a b", None),
        ("https://[::1", None),
        ("https://x.org:port/", None),
        ("https://", None),
        ("https:///path", None),
        ("none yet", None),
        ("", None),
        ("https://x.org/" + "a" * 3000, None),
    ],
)
def test_a_link_field_gives_one_safe_link_or_none(raw: str, clean: str | None) -> None:
    assert clean_link(raw) == clean


@pytest.mark.parametrize("text", [r"\emph{" * 20_000 + "x\ny", r"\emph{" * 500 + "x\ny" + "}" * 500])
def test_what_is_no_prose_is_mended_without_its_tex(text: str) -> None:
    assert clean_abstract(text) == clean_title(text) == text.replace("\n", " ")


def recorded_texts(name: str) -> Iterator[tuple[str, str]]:
    with gzip.open(shared_file(name), "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            record = json.loads(line)
            if "response" in record:
                for row in record["response"]:
                    yield row["paper"]["title"], row["paper"]["summary"]
            elif number % 8 == 0:
                yield record["title"], record["abstract"]


@pytest.mark.parametrize(
    "name", ["data/hf-daily-papers/responses.jsonl.gz", "data/arxiv-abstracts/papers.jsonl.gz"]
)
def test_recorded_text_keeps_every_word_that_stands_in_plain_prose(name: str) -> None:
    def words(text: str) -> list[str]:
        return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text))

    texts = changed = 0
    for title, abstract in recorded_texts(name):
        for clean, raw in ((clean_title, title), (clean_abstract, abstract)):
            texts += 1
            done = clean(raw)
            changed += done != " ".join(raw.split())
            assert clean(done) == done
            if not set(raw) & set("\\{}$"):
                assert words(done) == words(raw)
    assert texts > 10_000
    assert 0.05 < changed / texts < 0.3
