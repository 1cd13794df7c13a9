"""`help`: what can be done here, from the declarations alone."""

from collections.abc import Iterator, Sequence

from bot.commands.model import Call, Command, Permission, Reply
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME, COMMANDS, GROUPS
from bot.commands.services import Services
from bot.commands.usage import described, option_name, usage
from bot.commands.view import heading, note, sentence, typed
from bot.view.doc import Block, Doc, Section, Span, with_code


async def explain(call: Call, services: Services, surface: Surface) -> Reply:
    """Lists the commands, or explains one, or one group of them."""
    topic = call.text("topic")
    if topic in BY_NAME:
        blocks = list(_one(BY_NAME[topic], surface))
        return Reply(doc=Doc(tuple(blocks), BY_NAME[topic].summary))
    some = GROUPS.get(topic, [one for one in COMMANDS if one.group is None])
    title = f"What “{topic}” can do" if topic else "What you can do here"
    listed: list[Block] = [heading(title), *(_line(one, surface) for one in some)]
    if not topic:
        for group, members in GROUPS.items():
            managing = members[0].permission is Permission.MANAGER
            whose = f"For who manages a {group}" if managing else f"Your {group}s"
            listed.append(Section((Span(whose, strong=True),)))
            listed += [_line(one, surface) for one in members]
        listed.append(note("What is no command is a search: just type what you are looking for."))
    return Reply(doc=Doc(tuple(listed), title))


def _line(command: Command, surface: Surface) -> Block:
    return sentence(typed(surface, usage(command)), f": {command.summary}.")


def _one(command: Command, surface: Surface) -> list[Block]:
    blocks: list[Block] = [
        heading(surface.typed(usage(command))),
        sentence(*with_code(command.help)),
        *(note(Span(option_name(one), code=True), f": {described(one)}.") for one in command.options),
        note("For example: ", *_listed([typed(surface, one) for one in command.examples]), "."),
    ]
    if command.permission is Permission.MANAGER:
        blocks.append(note("For who may manage the channel."))
    return blocks


def _listed(examples: Sequence[Span]) -> Iterator[str | Span]:
    for index, one in enumerate(examples):
        if index:
            yield ", "
        yield one
