"""Who may be meant by a name, and the search that follows them."""

from datetime import UTC, datetime, timedelta

from bot.model import Paper
from bot.search.match import verdict
from bot.search.query import format_query, parse
from bot.subscriptions.namesakes import COMMON, family_name, is_common, namesakes
from tests.unit.test_share import a_paper

NOW = datetime(2025, 11, 20, tzinfo=UTC)


def by(number: int, *authors: str, cat: str | None = "cs.RO") -> Paper:
    """A paper of that day of the month, by these people."""
    at = NOW + timedelta(days=number)
    return a_paper(
        number, authors=authors, categories=None if cat is None else (cat, "cs.AI"), published_at=at
    )


def found(name: str, *papers: Paper, common: bool = True) -> list[tuple[str, list[int]]]:
    return [(one.name, [paper.id for paper in one.papers]) for one in namesakes(name, papers, common=common)]


def follows(query: str, *papers: Paper) -> list[int]:
    return [one.id for one in papers if verdict(parse(query), one, now=NOW) is True]


def test_given_names_that_contradict_each_other_are_never_one_person() -> None:
    papers = (by(1, "Yu Wang", "Bo Li"), by(2, "Yang Wang", "Bo Li"), by(3, "Yu Wang", "Bo Li"))

    assert found("Y. Wang", *papers) == [("Yu Wang", [3, 1]), ("Yang Wang", [2])]
    assert found("Y. Wang", *papers, common=False) == [("Yu Wang", [3, 1]), ("Yang Wang", [2])]


def test_of_a_name_that_many_bear_co_authors_and_categories_tell_people_apart() -> None:
    papers = (
        by(1, "Yu Wang", "Bo Li"),
        by(2, "Yu Wang", "Bo Li", cat="cs.CV"),  # by a co-author
        by(3, "Cleo Sand", "Yu Wang", cat="cs.CV"),  # by the category
        by(4, "Yu Wang", "Dan Oak", cat="math.CO"),
    )

    assert found("Yu Wang", *papers) == [("Yu Wang", [3, 2, 1]), ("Yu Wang", [4])]
    assert found("Yu Wang", *papers, common=False) == [("Yu Wang", [4, 3, 2, 1])]


def test_initials_go_to_whoever_shares_a_co_author_if_that_is_one() -> None:
    papers = (
        by(1, "Yu Wang", "Bo Li"),
        by(2, "Yang Wang", "Cleo Sand", cat="cs.CV"),
        by(3, "Y. Wang", "Bo Li", cat="cs.CL"),
        by(4, "Y. Wang", "Bo Li", "Cleo Sand"),  # may be either's
        by(5, "Y. Wang", "Eve Moss"),
    )

    assert found("Y. Wang", *papers) == [("Y. Wang", [5, 4]), ("Yu Wang", [3, 1]), ("Yang Wang", [2])]


def test_of_a_name_that_few_bear_initials_are_of_the_only_one() -> None:
    papers = (by(1, "Yann LeCun", cat="cs.LG"), by(2, "Y. A. LeCun", cat="cs.CV"))

    assert found("lecun", *papers, common=False) == [("Yann LeCun", [2, 1])]


def test_whoever_is_alone_is_followed_by_name_whatever_way_it_is_written() -> None:
    papers = (by(1, "Yann LeCun", "Bo Li"), by(2, "Yann A. LeCun", "Bo Li"), by(3, "Yann LeCun"))
    (one,) = namesakes("Y. LeCun", papers, common=False)

    assert (one.name, one.query) == ("Yann LeCun", 'author:"Yann LeCun"')
    variants = [by(n, name, cat=None) for n, name in enumerate(["Y LeCun", "LeCun, Yann", "Yann Le Cun"])]
    assert follows(one.query, *papers, *variants) == [1, 2, 3, 0, 1, 2]


def test_whoever_is_not_is_followed_by_what_tells_them_from_the_others() -> None:
    hers = (by(1, "Yu Wang", "Bo Li"), by(2, "Yu Wang", "Bo Li", cat="cs.SY"))
    others = (by(3, "Yu Wang", "Cleo Sand", cat="math.CO"), by(4, "Y. Wang", cat="physics.optics"))
    one = namesakes("Yu Wang", (*hers, *others), common=True)[0]

    assert one.query == 'author:"Yu Wang" (cat:cs.RO OR cat:cs.SY OR author:"Bo Li")'
    assert one.query == format_query(parse(one.query))
    new = (
        by(5, "Y. Wang", "Eve Moss"),  # her category
        by(6, "Bo Li", "Yu Wang", cat="q-bio.NC"),  # her co-author
        by(7, "Yu Wang", "Cleo Sand", cat="math.CO"),
    )
    assert follows(one.query, *hers, *others, *new) == [1, 2, 5, 6]
    assert (one.coauthors, one.categories) == (("Bo Li",), ("cs.RO", "cs.SY"))


def test_crowds_and_names_without_a_letter_tell_nothing() -> None:
    crowd = tuple(f"Member {n}{chr(97 + n % 26)}" for n in range(50))
    papers = (
        by(1, "Yu Wang", *crowd, cat=None),
        by(2, "Yu Wang", *crowd, cat=None),
        by(3, "Yu Wang", ":", cat=None),
    )
    assert [one.query for one in namesakes("Yu Wang", papers, common=True)] == ['author:"Yu Wang"'] * 3


def test_whether_a_name_is_common_is_told_by_the_given_names_before_it() -> None:
    many = [by(n, f"{chr(65 + n)}o Wang") for n in range(COMMON)]

    assert is_common("wang", many)
    assert not is_common("wang", many[1:])
    assert not is_common("wang", [by(n, f"{chr(65 + n)}. Wang") for n in range(COMMON)])
    assert not is_common("lecun", many)
    assert family_name("Laurens van der Maaten") == "maaten"
    assert family_name("LeCun Y.") == "lecun"


def test_two_of_the_name_on_one_paper_are_two_people() -> None:
    both = by(1, "Yu Wang", "Yang Wang")

    assert found("Y. Wang", both) == [("Yu Wang", [1]), ("Yang Wang", [1])]


def test_papers_by_nobody_of_that_name_count_for_nobody() -> None:
    assert found("Yu Wang", by(1, "Bo Li")) == []
