"""What Slack's answer to a request means: tried again, refused, refused for as long as nobody acts. Pure.

The table stands in `docs/slack.md` as well.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError, RefusedError

BOT_NAME: Final = "paperboy"  # how people mention and invite it; the manifest names it so
INVITE: Final = f"/invite @{BOT_NAME}"

# However long Slack asks us to wait, it is asked again after an hour.
LONGEST_WAIT: Final = timedelta(hours=1)
_UNSAID_WAIT: Final = timedelta(seconds=30)  # where it asks for patience, and does not say for how long
_MIGRATION: Final = timedelta(minutes=15)

_REINSTALL: Final = "Install the app again (in its settings at api.slack.com), then resume the digest."

_ASK: Final = "Ask an administrator to allow it"

# The digest is paused until somebody has done what the sentence says.
_PAUSING: Final = {
    "channel_not_found": "Slack knows no such channel, or Paperboy may not see it. If it is private, type "
    f"`{INVITE}` in it and resume the digest; if it is gone, remove the digest.",
    "not_in_channel": f"Paperboy is not in this channel. Type `{INVITE}` in it, then resume the digest.",
    "no_permission": f"Paperboy may not post in this channel. Type `{INVITE}` in it, then resume the digest.",
    "is_archived": "The channel is archived. Unarchive it and resume the digest, or remove the digest.",
    "restricted_action": f"Apps may not post in this channel. {_ASK}, then resume the digest.",
    "restricted_action_read_only_channel": f"The channel is read-only. {_ASK}, then resume the digest.",
    "restricted_action_thread_only_channel": f"The channel takes replies alone. {_ASK}, then resume.",
    "ekm_access_denied": f"Administrators suspended messages here. {_ASK} again, then resume the digest.",
    "access_denied": f"Slack denies access to this channel. {_ASK}, then resume the digest.",
    "app_access_restricted": f"Administrators restrict who may use the app. {_ASK}, then resume the digest.",
    "accesslimited": f"The workspace is closed to Paperboy's network. {_ASK}, then resume the digest.",
    "two_factor_setup_required": "The workspace asks for two-factor authentication first. Set it up, then "
    "resume the digest.",
    "messages_tab_disabled": "The app's messages are switched off. Switch on the Messages tab under App Home "
    "in the app's settings, then resume the digest.",
    "enterprise_is_restricted": "The organisation's token may not post here. Install the app in the "
    "channel's own workspace.",
    "account_inactive": f"The app or its workspace was deactivated in Slack. {_REINSTALL}",
    "token_revoked": f"The app was removed from Slack, or its token revoked. {_REINSTALL}",
    "invalid_auth": f"Slack does not know the token. {_REINSTALL}",
    "not_authed": f"Slack got no token. {_REINSTALL}",
    "not_allowed_token_type": "The token is of another kind. Give Paperboy the bot token (xoxb-…).",
    "missing_scope": "The app lacks a scope. Give it the manifest that `paperboy slack manifest` prints, "
    "install it again, then resume the digest.",
    "is_bot": "Slack takes no messages from a bot of this old kind. Make the app anew with the manifest that "
    "`paperboy slack manifest` prints.",
}

# Nothing was posted, and a later try may work.
_PASSING: Final[Mapping[str, tuple[str, timedelta]]] = {
    "ratelimited": ("Slack asks for patience.", _UNSAID_WAIT),
    "rate_limited": ("Slack asks for patience.", _UNSAID_WAIT),
    "message_limit_exceeded": ("This workspace has sent more messages than Slack takes.", LONGEST_WAIT),
    "team_added_to_org": ("The workspace is moving into an organisation.", _MIGRATION),
    "org_login_required": ("The workspace is moving into an organisation.", _MIGRATION),
    "token_expired": ("The token has run out and is renewed.", timedelta(seconds=5)),
    "request_timeout": ("The request reached Slack incomplete.", timedelta(seconds=5)),
}

# "Some aspect of the operation may have succeeded", Slack says of these.
_UNKNOWN: Final = frozenset({"fatal_error", "internal_error", "service_unavailable"})

_TOO_LONG: Final = frozenset({"msg_blocks_too_long", "msg_too_long", "metadata_too_large"})

_CODE: Final = re.compile(r"[a-z0-9_]{1,60}")


def failure_of(error: object, status: int, retry_after: str | None) -> DeliveryError:
    """The failure that an answer stands for; `error` is the code in its JSON, if it has JSON with a code.

    `retry_after` is the header as it came.
    """
    wait = wait_asked(retry_after)
    if status == 429:
        return NotAcceptedError("Slack asks for patience.", _UNSAID_WAIT if wait is None else wait)
    if status >= 500:
        if status == 503 and wait is not None:
            return NotAcceptedError("Slack is not available now, and asks for patience.", wait)
        return DoubtfulError(f"Slack failed with status {status}; it may have the message.")
    if not isinstance(error, str) or not _CODE.fullmatch(error):
        if status >= 400:
            return NotAcceptedError(
                f"Something other than Slack answered, with status {status}. Is a proxy between?", wait
            )
        return DoubtfulError("Slack's answer cannot be read; it may have the message.")
    if error in _PAUSING:
        return RefusedError(f"{_PAUSING[error].removesuffix('.')} (Slack: {error}).", pause=True)
    if error in _PASSING:
        sentence, usual = _PASSING[error]
        return NotAcceptedError(f"{sentence} The message is sent again later.", wait or usual)
    if error in _UNKNOWN:
        return DoubtfulError(f"Slack failed ({error}); it may have the message.")
    if error in _TOO_LONG:
        return RefusedError(
            f"The message is longer than Slack takes ({error}). Lower the digest's number of papers."
        )
    return RefusedError(f"Slack refused the message ({error}). Please report this: it is a bug in Paperboy.")


def wait_asked(header: str | None) -> timedelta | None:
    """How long `Retry-After` asks us to wait, at most an hour; `None` for what is no number of seconds."""
    if header is None or not re.fullmatch(r"[0-9]{1,9}", header.strip()):
        return None
    return min(timedelta(seconds=int(header)), LONGEST_WAIT)
