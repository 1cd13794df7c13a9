"""Commands about what comes to somebody, and who they are."""

from typing import Final

from bot.commands import subscription_options
from bot.commands.declared.options import PAPERS
from bot.commands.digest_options import ZONE
from bot.commands.model import Command, Kind, Option, Permission

PERSONAL_COMMANDS: Final[tuple[Command, ...]] = (
    Command(
        name="subscribe",
        summary="New papers of a search, as often and by the ways that you like",
        help="Keeps a search for you: new papers that match come to you daily, weekly, or as they appear, by "
        "direct message, and none of them twice. Says first how many it would have been last week, and asks "
        "where that is far too much.",
        examples=(
            "subscribe retrieval augmented generation",
            "subscribe author:lecun at=18:00 days=mon,thu",
            "subscribe cat:cs.RO has:code cadence=weekly days=fri max=10 min=3",
        ),
        options=(subscription_options.QUERY, *subscription_options.MADE),
        permission=Permission.MEMBER,
        form=True,
    ),
    Command(
        name="follow",
        summary="New papers by somebody, or from a lab",
        help="Finds who bears a name, shown by their papers, co-authors and categories, and makes a "
        "subscription to whom you mean: a search in words that you can read and change. It knows other ways "
        "of writing the name.",
        examples=("follow Yann LeCun", "follow Y. Wang", "follow Google DeepMind"),
        options=(
            Option(name="name", kind=Kind.TEXT, required=True, rest=True, help="an author's or a lab's name"),
        ),
        permission=Permission.MEMBER,
    ),
    Command(
        name="subscriptions",
        summary="Your subscriptions, and how much they bring",
        help="Lists your subscriptions, when and how they come, when next, and how many papers each matched "
        "in the last week.",
        examples=("subscriptions",),
        permission=Permission.MEMBER,
    ),
    Command(
        name="subscription edit",
        summary="Change a subscription",
        help="Changes what you name of a subscription, and leaves the rest as it is.",
        examples=("subscription edit 2", "subscription edit 2 max=10", "subscription edit 1 cadence=weekly"),
        options=subscription_options.EDITED,
        permission=Permission.MEMBER,
        form=True,
    ),
    Command(
        name="subscription pause",
        summary="Stop a subscription for now",
        help="Nothing comes of it until you resume it; `all` pauses every one.",
        examples=("subscription pause 2", "subscription pause all"),
        options=(subscription_options.NUMBER,),
        permission=Permission.MEMBER,
    ),
    Command(
        name="subscription resume",
        summary="Go on with a subscription",
        help="Ends a pause, with what came in the last week, or a snooze, with what came meanwhile.",
        examples=("subscription resume 2", "subscription resume all"),
        options=(subscription_options.NUMBER,),
        permission=Permission.MEMBER,
    ),
    Command(
        name="subscription snooze",
        summary="Rest a subscription until a day",
        help="Nothing comes of it until that day begins, within 30 days. Then comes what came meanwhile.",
        examples=(
            "subscription snooze 2 until monday",
            "subscription snooze 1 2w",
            "subscription snooze all 2 days",
        ),
        options=(subscription_options.NUMBER, subscription_options.UNTIL),
        permission=Permission.MEMBER,
    ),
    Command(
        name="unsubscribe",
        summary="End a subscription",
        help="Ends one of your subscriptions, by its number in `subscriptions`; `all` ends every one. "
        "Asks once before it ends all.",
        examples=("unsubscribe 2", "unsubscribe all"),
        options=(subscription_options.NUMBER,),
    ),
    Command(
        name="my-feed",
        summary="Your private feed, for a feed reader",
        help="Tells the address of your private feed, which brings what you subscribed to with `route=feed`. "
        "`new` gives it another address, and ends the one before.",
        examples=("my-feed", "my-feed new"),
        options=(Option(name="change", kind=Kind.CHOICE, choices=("new",), help="new: another address"),),
        permission=Permission.MEMBER,
    ),
    Command(
        name="mail add",
        summary="Get papers by mail: name your address",
        help="Mails a code to your address. Once you have typed it back with `mail confirm`, subscriptions "
        "can come by `route=mail`. Nobody else sees the address.",
        examples=("mail add maya@example.org",),
        options=(Option(name="address", kind=Kind.TEXT, required=True, rest=True, help="your mail address"),),
        permission=Permission.MEMBER,
        private=True,
    ),
    Command(
        name="mail confirm",
        summary="Confirm your address with the code that was mailed there",
        help="Takes the code that `mail add` mailed to you, within half an hour. An address that you had "
        "before is forgotten, and what went there comes to the new one.",
        examples=("mail confirm 123456",),
        options=(Option(name="code", kind=Kind.TEXT, required=True, rest=True, help="the code in the mail"),),
        permission=Permission.MEMBER,
        private=True,
    ),
    Command(
        name="mail stop",
        summary="Stop mail to you, and forget the address",
        help="No more mail goes to your address, and it is forgotten. What you are subscribed to by mail "
        "alone ends. Asks once before it does.",
        examples=("mail stop",),
        permission=Permission.MEMBER,
        private=True,
    ),
    Command(
        name="taste",
        summary="What your papers are ordered by, and how to have it forgotten",
        help="Says from which papers the order of what comes to you is learnt: those that you saved, hid, or "
        "wanted more or less like. Nothing else teaches. One button forgets it all.",
        examples=("taste",),
        permission=Permission.MEMBER,
    ),
    Command(
        name="teach",
        summary="Teach what you like with papers that you name",
        help="Orders what comes to you from the first day: papers like those that you name come earlier. "
        "Takes up to 50, as links or ids, or as a list in BibTeX, RIS, CSL-JSON or CSV, as Zotero has it.",
        examples=("teach 1706.03762 https://arxiv.org/abs/2005.14165",),
        options=(PAPERS,),
        permission=Permission.MEMBER,
        form=True,
    ),
    Command(
        name="settings",
        summary="Your time zone, and what your messages have beside your subscriptions",
        help="Shows what is remembered of you, and changes your time zone, whether your messages have a "
        "section of papers near what you keep that no subscription of yours matches, and whether what you "
        "save in a channel may count there.",
        examples=("settings", "settings zone=Europe/Berlin", "settings for_you=yes", "settings team=no"),
        options=(ZONE, subscription_options.FOR_YOU, subscription_options.TEAM),
        permission=Permission.MEMBER,
        form=True,
    ),
    Command(
        name="account link",
        summary="Be one person on several surfaces",
        help="Gives you a code that is good for ten minutes and once. Typed on your other account, it makes "
        "one person of both: one list, all subscriptions, and no paper twice. Asks once before it does.",
        examples=("account link", "account link K7QX-2M4P"),
        options=(
            Option(name="code", kind=Kind.TEXT, rest=True, help="the code that your other account was given"),
        ),
        permission=Permission.MEMBER,
        private=True,
    ),
    Command(
        name="account unlink",
        summary="Take a linked account away",
        help="Makes somebody new of your account there: nothing comes there any more, and all that is stored "
        "of you stays with your other accounts. Asks once before it does.",
        examples=("account unlink discord",),
        options=(
            Option(
                name="surface", kind=Kind.TEXT, required=True, help="where the account is: slack, discord"
            ),
        ),
        permission=Permission.MEMBER,
        private=True,
    ),
    Command(
        name="status",
        summary="The last digest here, why there was none, and what is next",
        help="Tells anybody who may read along when the last digest came, why there has been none since, and "
        "when the next one comes.",
        examples=("status",),
    ),
    Command(
        name="my-data",
        summary="Everything that is stored of you",
        help="Gives you, as a file, everything that is stored of you here.",
        examples=("my-data",),
    ),
    Command(
        name="forget-me",
        summary="Delete everything that is stored of you",
        help="Deletes your list, your subscriptions, your settings and whatever is on its way to you. Asks "
        "once before it does.",
        examples=("forget-me",),
    ),
)
