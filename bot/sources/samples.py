"""Sample papers: invented, labelled as samples, never stored and never sent.

They show what Paperboy looks like where no upstream answers, so that a first start without a network is
not an empty screen.
"""

from datetime import datetime, timedelta
from typing import Final

from bot.model import (
    Component,
    IdScheme,
    Paper,
    PaperId,
    Ranked,
    Ranking,
    Upstream,
    Window,
)

# Title, what it says, authors, upvotes, upvotes gained since the day before or None for a new one.
_INVENTED: Final = (
    (
        "Sample: Reading Maps by Ear, or How Far Sound Alone Can Guide a Robot",
        "An invented robot crosses an invented house with microphones only, and gets lost in the kitchen.",
        ("Ada Example", "Ben Sample", "Chidi Placeholder"),
        57,
        None,
    ),
    (
        "Sample: Small Models That Know When to Ask",
        "An invented language model learns to answer 'I am not sure' and becomes more useful by it.",
        ("Dana Invented", "Emil Example"),
        41,
        None,
    ),
    (
        "Sample: A Benchmark Nobody Can Overfit, Because It Does Not Exist",
        "Invented results on an invented benchmark, reported with more digits than they deserve.",
        ("Farah Placeholder",),
        30,
        12,
    ),
    (
        "Sample: Folding Laundry Is Harder Than Folding Proteins",
        "An invented comparison of two kinds of folding; the towels win.",
        ("Grace Sample", "Hugo Example", "Ines Invented", "Jun Placeholder"),
        22,
        None,
    ),
    (
        "Sample: One Graph to Plot Them All",
        "An invented survey of surveys, with a figure that explains the other figures.",
        ("Kofi Example", "Lena Sample"),
        9,
        None,
    ),
)


def sample_ranking(as_of: datetime) -> tuple[Ranking, dict[int, Paper]]:
    """A ranking of invented papers as of `as_of`, with the papers by number."""
    entries, papers = [], {}
    for position, (title, abstract, authors, upvotes, gained) in enumerate(_INVENTED, 1):
        amount = gained if gained is not None else upvotes
        reason = (
            f"sample: {upvotes} upvotes when first seen"
            if gained is None
            else f"sample: +{gained} upvotes since yesterday (now {upvotes})"
        )
        entries.append(
            Ranked(
                position=position,
                paper_id=position,
                key=f"local:sample-{position}",
                score=float(amount),
                components=(Component("upvotes", amount, float(amount)),),
                reasons=(reason,),
                new=gained is None,
            )
        )
        papers[position] = Paper(
            id=position,
            ids=(PaperId(IdScheme.LOCAL, f"sample-{position}"),),
            title=title,
            abstract=abstract,
            text_from=Upstream.SAMPLE,
            authors=authors,
            published_at=None,
            first_seen_at=as_of,
            categories=(),
        )
    entries.sort(key=lambda entry: -entry.score)
    placed = tuple(
        Ranked(n, e.paper_id, e.key, e.score, e.components, e.reasons, e.new)
        for n, e in enumerate(entries, 1)
    )
    return Ranking(Window.DAY, as_of, as_of - timedelta(days=1), placed), papers
