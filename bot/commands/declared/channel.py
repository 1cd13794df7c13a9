"""Commands about a channel's digest."""

from typing import Final

from bot.commands.declared.options import PAPERS, without_defaults
from bot.commands.digest_options import DIGEST
from bot.commands.model import Command, Kind, Option, Permission

CHANNEL_COMMANDS: Final[tuple[Command, ...]] = (
    Command(
        name="channel add",
        summary="Post a digest to this channel",
        help="Sets up the daily post of this channel: when, how many papers, and which. It is proved first "
        "that posting works here, and told what the last days would have brought. Then you may let the "
        "first one come at once.",
        examples=("channel add", "channel add at=9:00 zone=Europe/Berlin filter='cat:cs.CL -survey' max=5"),
        options=DIGEST,
        permission=Permission.MANAGER,
        form=True,
    ),
    Command(
        name="channel show",
        summary="How this channel's digest is set up",
        help="Shows what is posted here and when, who set it up and changed it, and deletes what was posted.",
        examples=("channel show",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel edit",
        summary="Change this channel's digest",
        help="Changes what you name, and leaves the rest as it is.",
        examples=("channel edit", "channel edit max=10", "channel edit filter='cat:cs.CL OR cat:cs.LG'"),
        options=without_defaults(DIGEST),
        permission=Permission.MANAGER,
        form=True,
    ),
    Command(
        name="channel pause",
        summary="Stop posting here for now",
        help="Nothing is posted to this channel until it is resumed.",
        examples=("channel pause",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel resume",
        summary="Go on posting here",
        help="Goes on from the next appointment, without a backlog.",
        examples=("channel resume",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel remove",
        summary="End this channel's digest",
        help="Ends the digest of this channel. Asks once before it does.",
        examples=("channel remove",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel preview",
        summary="What this channel's digest would be now",
        help="Shows you alone the very message that this channel would get now.",
        examples=("channel preview",),
        permission=Permission.MANAGER,
    ),
    Command(
        name="channel teach",
        summary="Teach this channel with papers that you name",
        help="Papers like those that you name come first in this channel's digest. Takes up to 50, as links "
        "or ids, or as a list in BibTeX, RIS, CSL-JSON or CSV, as Zotero has it.",
        examples=("channel teach 1706.03762 https://arxiv.org/abs/2005.14165",),
        options=(PAPERS,),
        permission=Permission.MANAGER,
        form=True,
    ),
    Command(
        name="channel team",
        summary="Whether what people save in this channel counts here",
        help="Once it does, papers that three people or more saved here within 30 days come first in the "
        "digest and in what is asked here, and papers like them earlier. Nobody is named, each may keep "
        "their saves out of it, and none is kept once it does not count.",
        examples=("channel team yes", "channel team no"),
        options=(
            Option(
                name="count", kind=Kind.CHOICE, choices=("yes", "no"), required=True, help="whether they do"
            ),
        ),
        permission=Permission.MANAGER,
    ),
)
