"""How commands and their options are written down, for help and for the manual. Pure."""

from bot.commands.model import Command, Kind, Option
from bot.commands.values import either, needed


def usage(command: Command) -> str:
    """How it is typed: `trending [day|week|month] [topic]`."""
    parts = [command.name]
    for one in command.options:
        if not one.named:
            short = one.kind is Kind.CHOICE and len("|".join(one.choices)) < 30
            name = "|".join(one.choices) if short else one.name.upper()
            parts.append(name if one.required else f"[{name}]")
    named = [one for one in command.options if one.named]
    if named:
        parts.append(f"[{named[0].name}=…]" if len(named) == 1 else "[option=value …]")
    return " ".join(parts)


def described(option: Option) -> str:
    """What an option means, what it takes, and what it is unless given."""
    takes = either(option.choices) if option.kind is Kind.CHOICE and option.named else needed(option)
    taken = f" ({takes})" if option.kind in {Kind.CHOICE, Kind.NUMBER} and takes != option.help else ""
    default = f"; {option.default} unless given" if option.default is not None else ""
    return f"{option.help}{taken}{default}"


def option_name(option: Option) -> str:
    """How it is written: `at=`, `query`."""
    return f"{option.name}=" if option.named else option.name
