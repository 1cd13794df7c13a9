"""Mails to be looked at: a person's message, what nobody hopes for, a code."""

from bot.mail.service import code_mail
from bot.view.doc import Actions, Block, Button, Doc, Heading, Note, PaperCard, Section, Span

_ABSTRACT = "Retrieval augmented generation grounds a model's answers in documents that were found for it"


def message() -> Doc:
    """Two subscriptions of somebody, as `bot.subscriptions.message` makes them."""
    cards = (
        (
            "Small Retrievers Are Enough: Grounding Long Answers Without a Large Index",
            f"{_ABSTRACT}, and most of what they say stands in the first three of…",
            ("212 upvotes in 26 h, three times the usual", "Ada Byron … Grace Hopper (11)", "Acme Lab"),
        ),
        (
            "What Do Robots Remember? A Benchmark of Long-Horizon Household Tasks",
            "We introduce a benchmark of 1,204 tasks in which a robot has to recall what it saw days before.",
            ("41 upvotes in 6 h", "Emmy Noether and Sofia Kovalevskaya"),
        ),
        ("Attention, Briefly", "", ("cs.CL",)),
    )
    shown = [
        PaperCard(
            number=number,
            paper_key=f"arxiv:2511.{number:05}",
            title=Span(title, f"https://arxiv.org/abs/2511.{number:05}", strong=True),
            summary=(Span(summary),) if summary else (),
            summary_from="Hugging Face's AI, Llama-3.3-70B" if number == 1 else "abstract",
            facts=(*map(Span, facts), Span("code, 1,204 stars", "https://github.com/acme/lab")),
            menu=(Button(f"Save paper {number}", f"save:arxiv:2511.{number:05}"),),
        )
        for number, (title, summary, facts) in enumerate(cards, 1)
    ]
    blocks: tuple[Block, ...] = (
        Heading((Span("New papers for you · Thu 20 Nov", strong=True),)),
        Note((Span("This digest comes late: it was due Thu 20 Nov 09:00.", emphasis=True),)),
        Section((Span("retrieval augmented generation", strong=True), Span(": 1 of 4 new papers"))),
        shown[0],
        Section((Span("cat:cs.RO has:code", strong=True), Span(": 2 new papers"))),
        *shown[1:],
        Actions((Button("Search papers", "search:"),)),
        Note(
            (
                Span("Summaries by Hugging Face's AI. Next: "),
                Span("Fri 21 Nov 09:00 (Europe/Berlin)"),
                Span("."),
            )
        ),
    )
    return Doc(blocks, f"New papers for you · Thu 20 Nov: {cards[0][0]}; {cards[1][0]}")


def code() -> Doc:
    """The mail that confirms an address."""
    return code_mail("402913", "https://papers.example.org/mail/confirm/AbCdEf0123456789")
