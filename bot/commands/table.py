"""What answers each command, form and button."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from bot.commands.actions import Verb
from bot.commands.handlers import (
    account,
    channel,
    feed,
    follow,
    from_papers,
    help,  # noqa: A004 - the command is called so
    lists,
    mailbox,
    papers,
    person,
    posted,
    searching,
    status,
    subscribing,
    subscriptions,
    taste,
    teaching,
    team,
    tried,
    unreached,
    why,
)
from bot.commands.model import Call, Permission, Press, Reply
from bot.commands.ports import Surface
from bot.commands.services import Services

Handler = Callable[[Call, Services, Surface], Awaitable[Reply]]
Pressed = Callable[[Press, Services, Surface], Awaitable[Reply]]
Previewed = Callable[[Mapping[str, str], Services], Awaitable[Sequence[str]]]

HANDLERS: Final[Mapping[str, Handler]] = {
    "today": papers.today,
    "trending": papers.trending,
    "search": searching.search,
    "paper": papers.paper,
    "similar": searching.similar,
    "why": why.why,
    "save": lists.save,
    "saved": lists.saved,
    "export": lists.export,
    "subscribe": subscribing.subscribe,
    "follow": follow.follow,
    "subscriptions": subscriptions.subscriptions,
    "subscription edit": subscribing.edit,
    "subscription pause": subscriptions.pause,
    "subscription resume": subscriptions.resume,
    "subscription snooze": subscriptions.snooze,
    "unsubscribe": subscriptions.unsubscribe,
    "my-feed": feed.my_feed,
    "mail add": mailbox.add,
    "mail confirm": mailbox.confirm,
    "mail stop": mailbox.stop,
    "taste": taste.taste,
    "teach": teaching.teach,
    "settings": person.settings,
    "account link": account.link,
    "account unlink": account.unlink,
    "status": status.status,
    "my-data": person.my_data,
    "forget-me": person.forget_me,
    "help": help.explain,
    "channel add": channel.add,
    "channel show": channel.show,
    "channel edit": channel.edit,
    "channel pause": channel.pause,
    "channel resume": channel.resume,
    "channel remove": channel.remove,
    "channel preview": channel.preview,
    "channel teach": teaching.channel_teach,
    "channel team": team.channel_team,
}

FORMS: Final[Mapping[str, Handler]] = {
    "subscribe": subscribing.subscribe_form,
    "subscription edit": subscribing.edit_form,
    "settings": person.settings_form,
    "channel add": channel.add_form,
    "channel edit": channel.edit_form,
    "teach": teaching.teach_form,
    "channel teach": teaching.channel_teach_form,
}
"""What opens the forms of commands that have one: called with the values that were typed."""

PREVIEWS: Final[Mapping[str, Previewed]] = {
    "subscribe": subscribing.preview,
    "subscription edit": subscribing.preview,
    "channel add": tried.preview_lines,
    "channel edit": tried.preview_lines,
}
"""What a form shows of the values in it before it is submitted: lines."""

# A button that runs a command needs what the command needs, and those of a destination look up its channel.
BUTTONS: Final[Mapping[Verb, tuple[Permission, Pressed]]] = {
    Verb.SAVE: (Permission.MEMBER, lists.save_this),
    Verb.UNSAVE: (Permission.MEMBER, lists.unsave),
    Verb.HIDE: (Permission.MEMBER, lists.hide),
    Verb.UNHIDE: (Permission.MEMBER, lists.unhide),
    Verb.MORE: (Permission.ANYONE, taste.more),
    Verb.LESS: (Permission.MEMBER, taste.less),
    Verb.NEITHER: (Permission.MEMBER, taste.neither),
    Verb.RESET: (Permission.MEMBER, taste.reset),
    Verb.WHY: (Permission.ANYONE, why.why_here),
    Verb.SIMILAR: (Permission.ANYONE, searching.more_like_this),
    Verb.PAPER: (Permission.ANYONE, papers.show_paper),
    Verb.BAN: (Permission.MEMBER, posted.ban),
    Verb.SHARE: (Permission.MEMBER, searching.share),
    Verb.PAGE: (Permission.ANYONE, searching.page),
    Verb.OTHERS: (Permission.ANYONE, papers.others),
    Verb.SUBSCRIBE: (Permission.MEMBER, subscribing.subscribe_to),
    Verb.UNSUBSCRIBE: (Permission.ANYONE, subscriptions.end_this),
    Verb.RESUBSCRIBE: (Permission.MEMBER, subscribing.take_back),
    Verb.AUTHORS: (Permission.MEMBER, from_papers.authors),
    Verb.FOLLOW: (Permission.MEMBER, follow.follow_author),
    Verb.FIRST: (Permission.MEMBER, posted.first),
    Verb.RESUME: (Permission.MEMBER, posted.resume),
    Verb.MOVE: (Permission.MEMBER, unreached.move),
    Verb.REMOVE: (Permission.MEMBER, posted.remove),
    Verb.DELETE: (Permission.MEMBER, posted.delete),
    Verb.ARRIVED: (Permission.MEMBER, posted.arrived),
    Verb.AGAIN: (Permission.MEMBER, posted.again),
    Verb.FORGET: (Permission.ANYONE, person.forget),
    Verb.SEARCH: (Permission.ANYONE, searching.ask),
}

OF_COMMANDS: Final = frozenset({Verb.RUN, Verb.SURE, Verb.FORM})
"""What the dispatch itself does, by commands."""

__all__ = ["BUTTONS", "FORMS", "HANDLERS", "OF_COMMANDS", "PREVIEWS", "Handler", "Pressed"]
