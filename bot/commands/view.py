"""Pieces of the answers that commands give: sentences, cards with their menus, buttons. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.commands.actions import LONGEST, Action, Verb
from bot.commands.model import FormRequest, Reply
from bot.commands.ports import Surface
from bot.editions.digest import card, short_instant
from bot.errors import InputError
from bot.ids import paper_id_of
from bot.model import Paper, PaperId, Ranked, Signal
from bot.schedule.zones import zone_info
from bot.search.answer import Result
from bot.view.doc import Actions, Block, Button, Doc, Heading, Marks, Note, PaperCard, Section, Span, marked
from bot.view.text import ELLIPSIS, short_authors

PAGE: Final = 5  # papers in one answer


# --- words ---------------------------------------------------------------------------------------


def say(text: str | Sequence[str | Span], *blocks: Block, replaces: bool = False) -> Reply:
    """An answer that begins with a sentence."""
    first = sentence(*([text] if isinstance(text, str) else text))
    return Reply(doc=Doc((first, *blocks), shown(first.spans)), replaces=replaces)


def by_form(form: FormRequest, *hint: str | Span) -> Reply:
    """Asks for a form; where the surface has none, the hint says what to type."""
    return replace(say(hint), form=form)


def heading(title: str | Span) -> Heading:
    """The title of an answer."""
    return Heading((Span(title, strong=True) if isinstance(title, str) else title,))


def sentence(*parts: str | Span) -> Section:
    """A line of text."""
    return Section(_spans(parts))


def note(*parts: str | Span) -> Note:
    """Small print."""
    return Note(_spans(parts))


def shown(spans: Iterable[Span]) -> str:
    """The spans where nothing but text can be shown."""
    return "".join(span.shown for span in spans)


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 paper`, `2 papers`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]


def moment(instant: datetime, zone: str) -> Span:
    """An instant, shown in the reader's own time where the surface can, else as the clocks of `zone` do."""
    return Span(f"{short_instant(instant, zone_info(zone))} ({zone})", instant=int(instant.timestamp()))


def typed(surface: Surface, text: str) -> Span:
    """What to type on this surface, in a sentence: `/papers help`."""
    return Span(surface.typed(text), code=True)


def _spans(parts: Iterable[str | Span]) -> tuple[Span, ...]:
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


# --- buttons -------------------------------------------------------------------------------------


def button(label: str, verb: Verb, argument: str = "", *, danger: bool = False) -> Button | None:
    """A button, unless what it would have to hold is too long for any."""
    if len(verb) + 1 + len(argument) > LONGEST:
        return None
    return Button(label, str(Action(verb, argument)), danger)


def buttons(*some: Button | None) -> tuple[Block, ...]:
    """A row of them; nothing if there is none."""
    there = tuple(one for one in some if one is not None)
    return (Actions(there),) if there else ()


def paper_menu(number: int, key: str, *, saved: bool = False) -> tuple[Button, ...]:
    """What a person can do with a paper of an answer. Labels say its number, and whether it is one of their
    list, so that no two are alike, also on a page that has both.
    """
    this = f"saved paper {number}" if saved else f"paper {number}"
    keep = (
        button(f"Remove paper {number} from my list", Verb.UNSAVE, key)
        if saved
        else button(f"Save paper {number}", Verb.SAVE, key)
    )
    menu = (
        keep,
        button(f"Why {this} trends", Verb.WHY, key),
        button(f"More like {this}", Verb.MORE, key),
        button(f"Details of {this}", Verb.PAPER, key),
        button(f"Hide {this} for me", Verb.HIDE, key),
    )
    return tuple(one for one in menu if one is not None)


def paper_buttons(key: str, without: Verb = Verb.PAPER, *, saved: bool = False) -> tuple[Button | None, ...]:
    """The same for an answer that is about one paper: three of them, all but `without`."""
    some = (
        ("Remove it from my list", Verb.UNSAVE) if saved else ("Save this paper", Verb.SAVE),
        ("Why it trends", Verb.WHY),
        ("More like it", Verb.MORE),
        ("Its details", Verb.PAPER),
    )
    return tuple(button(label, verb, key) for label, verb in some if verb is not without)


# --- papers --------------------------------------------------------------------------------------


def paper_card(
    number: int,
    paper: Paper,
    entry: Ranked | None = None,
    *,
    signals: Mapping[Signal, int] | None = None,
    saved: bool = False,
) -> PaperCard:
    """A paper as digests show it, with its menu; its upvotes stand where no place explains it."""
    known = signals or {}
    made = card(number, paper, entry, stars=known.get(Signal.STARS))
    upvotes = known.get(Signal.UPVOTES) if entry is None else None
    facts = made.facts if upvotes is None else (Span(counted(upvotes, "upvote")), *made.facts)
    return replace(made, facts=facts, menu=paper_menu(number, paper.key, saved=saved))


def result_card(number: int, result: Result, *, why: bool = True) -> PaperCard:
    """One result of a search: the words that were found stand out, and it says why it is there.

    Without a `why` nothing was looked for in it: its title is as strong as any other.
    """
    paper = result.paper
    upvotes = result.signals.get(Signal.UPVOTES)
    facts = [
        Span(result.why.rstrip(".") if why else ""),
        Span("" if upvotes is None else counted(upvotes, "upvote")),
        Span(short_authors(paper.authors)),
        Span("" if paper.published_at is None else f"{paper.published_at:%Y}"),
        Span(" and ".join(f"found by {one.label}" for one in result.found_by)),
        Span("code" if paper.code_url else "", paper.code_url),
    ]
    excerpt = result.excerpt
    before = (Span(f"{ELLIPSIS} "),) if excerpt.cut_before else ()
    after = (Span(f" {ELLIPSIS}"),) if excerpt.cut_after else ()
    return PaperCard(
        number,
        paper.key,
        Span(paper.title, paper.url, strong=not why),
        (*before, *marked(Span(excerpt.text), excerpt.marks), *after) if excerpt.text else (),
        "abstract" if excerpt.text else None,
        tuple(fact for fact in facts if fact.text),
        paper_menu(number, paper.key),
        _whole(paper.title, result.title_marks),
    )


def _whole(text: str, marks: Marks) -> Marks:
    """The marks with what stands between them where that is blank: words side by side stand out as one."""
    joined: list[tuple[int, int]] = []
    for start, stop in marks:
        if joined and text[joined[-1][1] : start].isspace():
            joined[-1] = joined[-1][0], stop
        else:
            joined.append((start, stop))
    return tuple(joined)


def key_of(text: str) -> PaperId:
    """The paper that a button names. Raises `InputError`."""
    found = paper_id_of(text)
    if found is None:
        raise InputError("This button names no paper any more.")
    return found


def titles(papers: Iterable[Paper]) -> str:
    """All titles in one line: for a notification, and for whoever is read to."""
    return "; ".join(paper.title for paper in papers)
