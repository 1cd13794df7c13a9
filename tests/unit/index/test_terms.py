from bot.search.tokens import terms_of
from storage.index.terms import Memory, author_terms


def test_a_name_is_found_by_its_family_and_what_is_known_of_its_first_name() -> None:
    assert author_terms(["Yann LeCun"]) == {"yannlecun", "lecun", "lecun,y", "lecun,yann"}


def test_of_an_initial_it_is_known_that_it_is_one() -> None:
    assert author_terms(["Y. LeCun"]) >= {"lecun", "lecun,y", "lecun,y."}
    assert author_terms(["Yann LeCun"]).isdisjoint({"lecun,y."})


def test_several_given_names_are_also_found_as_one() -> None:
    assert author_terms(["Xiao Ming Wei"]) >= {"wei,xiaoming", "wei,xiao", "mingwei,xiao", "xiaomingwei"}
    assert "wei,xiaoming" in author_terms(["Xiao-Ming Wei"])


def test_a_letter_with_dots_is_found_with_and_without_its_e() -> None:
    assert author_terms(["Jörg Müller"]) >= {"muller,jorg", "mueller,joerg", "muller", "mueller"}


def test_nobody_has_no_terms() -> None:
    assert author_terms([]) == set()
    assert author_terms(["", "?"]) == set()


def test_terms_are_the_same_however_much_was_forgotten() -> None:
    texts = ["GPT-4o (GPT-4o), of models.", "a model; FlashAttention's", "-- https://a.example/" + "b" * 50]
    memory = Memory(most=2)
    for text in texts * 3:
        parts, solids = memory.terms(text)
        assert (parts.split(), solids) == terms_of(text)
        assert len(memory) <= 2
