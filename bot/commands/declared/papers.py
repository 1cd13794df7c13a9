"""Commands about papers: reading, finding, keeping."""

from typing import Final

from bot.commands.model import Command, Kind, Option, Permission
from bot.model import Window

_PAPER: Final = Option(
    name="paper", kind=Kind.PAPER, required=True, help="a paper's id or link, such as 1706.03762"
)
_WINDOW: Final = Option(
    name="window",
    kind=Kind.CHOICE,
    choices=tuple(Window),
    default=Window.DAY,
    help="how far back to look",
)
PAPER_COMMANDS: Final[tuple[Command, ...]] = (
    Command(
        name="today",
        summary="The day's trending papers",
        help="Shows what trends today, as far as the day has come, and what you can do from there.",
        examples=("today",),
    ),
    Command(
        name="trending",
        summary="Trending papers of the day, week or month, of any topic",
        help="Shows what trends in a window, all or what matches a topic, with the reason for each paper.",
        examples=("trending", "trending week", "trending month cat:cs.CL", "trending diffusion models"),
        options=(
            _WINDOW,
            Option(name="topic", kind=Kind.QUERY, rest=True, help="a topic, in the language of searches"),
        ),
    ),
    Command(
        name="search",
        summary="Find papers by words, people, dates, ids, or by what they do",
        help="Searches all papers. What is no command is a search, so that the word itself is seldom "
        'needed. Knows "phrases", -without, OR, title:, author:, cat:, year:, after:7d, has:code, '
        "upvotes:>20 and sort:new.",
        examples=(
            "search flash attention",
            'search author:"Y. LeCun" after:2024',
            "search cat:cs.RO has:code",
        ),
        options=(Option(name="query", kind=Kind.QUERY, required=True, rest=True, help="what to look for"),),
    ),
    Command(
        name="paper",
        summary="One paper with all that is known of it",
        help="Shows a paper with its abstract, authors, code and numbers; fetches it if it is not stored.",
        examples=("paper 1706.03762", "paper https://arxiv.org/abs/1706.03762"),
        options=(_PAPER,),
    ),
    Command(
        name="similar",
        summary="Papers near in meaning to one paper",
        help="Shows the papers nearest in meaning to the one that you name.",
        examples=("similar 1706.03762",),
        options=(_PAPER,),
    ),
    Command(
        name="why",
        summary="Why a paper trends, or does not",
        help="Explains a paper's place: every number that was read of it, what it gained in the window, and "
        "how that compares with other papers of its age.",
        examples=("why 2508.13426",),
        options=(_PAPER,),
    ),
    Command(
        name="save",
        summary="Keep a paper on your list",
        help="Puts a paper on your own list. `saved` shows the list, `export` takes it elsewhere.",
        examples=("save 1706.03762",),
        options=(_PAPER,),
        permission=Permission.MEMBER,
    ),
    Command(
        name="saved",
        summary="The papers on your list",
        help="Shows the papers that you saved, the newest first.",
        examples=("saved",),
        permission=Permission.MEMBER,
    ),
    Command(
        name="export",
        summary="Your list as BibTeX, RIS, CSV or JSON",
        help="Gives you the papers that you saved as a file for LaTeX, Zotero, a spreadsheet or a program.",
        examples=("export", "export ris"),
        options=(
            Option(
                name="format",
                kind=Kind.CHOICE,
                choices=("bibtex", "ris", "csv", "json"),
                default="bibtex",
                help="of the file",
            ),
        ),
        permission=Permission.MEMBER,
    ),
)
