"""What `paperboy doctor` looks at: every platform that is set up."""

from collections.abc import Sequence

from bot.checkup import Finding
from bot.config import Settings
from bot.ports import Store
from bot.wiring import Surroundings
from bot.wiring.chats import speaks_in_discord, speaks_in_slack


async def examine(settings: Settings, store: Store, around: Surroundings) -> Sequence[Finding]:
    """Everything that the platforms need, as far as it can be found out."""
    found: list[Finding] = []
    if speaks_in_slack(settings):
        from bot.wiring.slack import examine as slack  # noqa: PLC0415 - loaded only where it is used

        found += await slack(settings, store, around)
    if speaks_in_discord(settings):
        from bot.wiring.discord import examine as discord  # noqa: PLC0415 - as above

        found += await discord(settings, store, around)
    if not found:
        remedy = "`paperboy setup slack` and `paperboy setup discord` walk the whole way."
        found.append(Finding("Neither Slack nor Discord", "is set up", remedy))
    if settings.smtp_url is not None:
        from bot.wiring.mail import examine as mail  # noqa: PLC0415 - as above

        found += await mail(settings, around)
    return found
