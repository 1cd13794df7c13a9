"""One paper as a message shows it: its card, and what a reader can do with it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.commands.actions import Action, Verb
from bot.model import Destination, Paper, Pool, Ranked, Summaries
from bot.view.doc import Actions, Button, PaperCard, Span
from bot.view.text import short_authors, shorten

SUMMARY_LIMIT: Final = 120
AI: Final = "Hugging Face's AI"  # how a summary of theirs is named, before its model
MOST_OTHERS: Final = 20  # papers behind the button for those that a message had no room for
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])")


class Cards:
    """The cards of some papers: each is made once, however many messages show it."""

    def __init__(
        self,
        papers: Mapping[int, Paper],
        stars: Mapping[int, int] | None = None,
        ranked: Mapping[int, Ranked] | None = None,
        *,
        personal: bool = False,
    ) -> None:
        """`stars` has the GitHub stars of those papers of which they are known, `ranked` their places in a
        ranking; `personal` are those of messages to one person.
        """
        self._personal = personal
        self._papers = papers
        self._ranked: Mapping[int, Ranked] = {} if ranked is None else ranked
        self._stars: Mapping[int, int] = {} if stars is None else stars
        self._plain: dict[tuple[int, bool, Summaries], PaperCard] = {}  # with no number yet
        self._made: dict[tuple[int, bool, Summaries, int], PaperCard] = {}

    def entry(self, paper_id: int) -> Ranked | None:
        """The paper's place in the ranking."""
        return self._ranked.get(paper_id)

    def card(
        self,
        number: int,
        paper_id: int,
        entry: Ranked | None,
        summaries: Summaries = Summaries.ANY,
        why: str | None = None,
    ) -> PaperCard:
        """The paper's card with this number; `entry` is its place in the edition, if it is shown for that.

        `why` is why it stands where it does for this reader, if that is no one else's order.
        """
        kind = paper_id, entry is None, summaries
        key = *kind, number
        if key not in self._made:
            if kind not in self._plain:
                stars = self._stars.get(paper_id)
                self._plain[kind] = card(0, self._papers[paper_id], entry, summaries, stars)
            plain = self._plain[kind]
            self._made[key] = replace(
                plain, number=number, menu=_menu(number, plain.paper_key, personal=self._personal)
            )
        made = self._made[key]
        return made if why is None else replace(made, facts=(Span(why), *made.facts))


def card(
    number: int,
    paper: Paper,
    entry: Ranked | None,
    summaries: Summaries = Summaries.ANY,
    stars: int | None = None,
) -> PaperCard:
    """One paper: its linked title, a summary that says whose it is, the reason, authors and code."""
    summary, summary_from = summary_of(paper, summaries)
    facts = [Span(entry.reasons[0])] if entry is not None and entry.reasons else []
    if paper.authors:
        facts.append(Span(short_authors(paper.authors)))
    if paper.organization:
        facts.append(Span(paper.organization))
    if entry is None and paper.categories:
        facts.append(Span(paper.categories[0]))
    if paper.code_url:
        counted = "" if not stars else f", {stars:,} star{'' if stars == 1 else 's'}"
        facts.append(Span(f"code{counted}", url=paper.code_url))
    return PaperCard(
        number=number,
        paper_key=paper.key,
        title=Span(paper.title, url=paper.url, strong=True),
        summary=(Span(summary),) if summary else (),
        summary_from=summary_from,
        facts=tuple(facts),
    )


def summary_of(paper: Paper, summaries: Summaries = Summaries.ANY) -> tuple[str, str | None]:
    """At most 120 characters on the paper, ended at a word, and who wrote them."""
    if paper.ai_summary and summaries is Summaries.ANY:
        model = f", {paper.ai_summary_model}" if paper.ai_summary_model else ""
        return shorten(paper.ai_summary, SUMMARY_LIMIT), f"{AI}{model}"
    if paper.abstract:
        first = _SENTENCE_END.split(paper.abstract, maxsplit=1)[0]
        return shorten(first, SUMMARY_LIMIT), "abstract"
    return "", None


# --- what a reader can do ------------------------------------------------------------------------


def _menu(number: int, key: str, *, personal: bool) -> tuple[Button, ...]:
    """What anybody can do with a paper, and of one that came to them alone: say that they want less like it.
    Labels say the number, so that each is one of its kind.
    """
    less = Button(f"Less like paper {number}", str(Action(Verb.LESS, key)))
    return (
        Button(f"Save paper {number}", str(Action(Verb.SAVE, key))),
        Button(f"Why paper {number} trends", str(Action(Verb.WHY, key))),
        Button(f"More like paper {number}", str(Action(Verb.MORE, key))),
        Button(f"Hide paper {number} for me", str(Action(Verb.HIDE, key))),
        *((less,) if personal else ()),
    )


def for_place(shown: PaperCard, destination: Destination) -> PaperCard:
    """The card with what only managers of the place can do."""
    ban = Action(Verb.BAN, f"{destination.id} {shown.paper_key}")
    label = f"Paper {shown.number}: not for this channel"
    return replace(shown, menu=(*shown.menu, Button(label, str(ban))))


def actions(destination: Destination, others: Sequence[int]) -> Actions:
    """The row below a message: the papers it had no room for, a search, and how to change what comes."""
    buttons = [_others(others[:MOST_OTHERS], len(others))] if others else []
    buttons.append(Button("Search papers", str(Action(Verb.SEARCH))))
    if destination.pool is Pool.SUBSCRIPTIONS:
        buttons.append(Button("Change your subscriptions", str(Action(Verb.RUN, "subscriptions"))))
    else:
        form = Action(Verb.FORM, f"channel edit {destination.id}")
        buttons.append(Button("Change this digest", str(form)))
    return Actions(tuple(buttons))


def _others(carried: Sequence[int], available: int) -> Button:
    count = len(carried)
    if available > count:
        label = f"Show {count} others"
    else:
        label = "Show the other paper" if count == 1 else f"Show the other {count}"
    return Button(label, str(Action(Verb.OTHERS, ",".join(map(str, carried)))))
