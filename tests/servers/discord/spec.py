"""Requests and replies held against Discord's own OpenAPI description."""

import importlib.util
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from tests.servers.discord import schemas
from tests.servers.discord.problems import Problem
from tests.servers.discord.state import Body
from tests.shared import shared_file

# Fields that discord.py sends, Discord takes, and the OpenAPI file leaves out, by the file's own names.
_EDITS: Final = (
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial",
    "IncomingWebhookUpdateRequestPartial",
)
UNLISTED: Final[Mapping[str, tuple[str, ...]]] = {
    "ApplicationCommandCreateRequest": ("nsfw",),
    "ApplicationCommandUpdateRequest": ("nsfw",),
    "BaseCreateMessageCreateRequest": ("tts",),
    "CreateForumThreadRequest": ("type",),
    "MessageAttachmentRequest": ("size", "url", "proxy_url", "content_type", "spoiler"),
    "MessageEditRequestPartial": ("tts",),
    "RichEmbed": ("flags",),
    **dict.fromkeys(_EDITS, ("tts",)),
}
UNLISTED_PARAMETERS: Final = frozenset({"use_nested_fields"})  # of a new forum thread


class Spec:
    """The specification, loaded once. Making one skips the test where the shared folder is absent."""

    def __init__(self) -> None:
        self._document: Body = _shared_spec().d
        described = self._document["components"]["schemas"]
        for name, fields in UNLISTED.items():
            described[name]["properties"] |= {one: {} for one in fields}
        form = described["ApplicationFormPartial"]["properties"]
        as_documented = {"type": "string", "maxLength": 400}
        form["description"] = {"anyOf": [as_documented, form["description"]]}
        self._asking = schemas.validators(self._document, strict=True)
        self._answering = schemas.validators(self._document, strict=False)

    def describes(self, method: str, template: str) -> bool:
        return method.lower() in self._document["paths"].get(template, {})

    def typed(
        self, method: str, template: str, query: Mapping[str, str]
    ) -> tuple[dict[str, Any], list[Problem]]:
        """The query's values as what they stand for, and what is wrong with them."""
        described = {
            one["name"]: one["schema"]
            for one in self._operation(method, template).get("parameters", [])
            if one["in"] == "query"
        }
        typed: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, text in query.items():
            if name in UNLISTED_PARAMETERS:
                continue
            if name not in described:
                problems.append(Problem((name,), "is no parameter of this route"))
                continue
            typed[name] = _typed(text, described[name].get("type"))
            problems += [
                Problem((name,), wrong.message)
                for wrong in self._asking(described[name]).iter_errors(typed[name])
            ]
        return typed, problems

    def path_problems(self, template: str, params: Mapping[str, str]) -> list[Problem]:
        """What is wrong with the path's parameters: an id that is none."""
        described = {
            one["name"]: one["schema"] for one in self._document["paths"][template].get("parameters", [])
        }
        return [
            Problem((name,), f"{value!r} is not what stands here")
            for name, value in params.items()
            if not self._asking(described[name]).is_valid(value)
        ]

    def body_problems(self, method: str, template: str, body: Any) -> list[Problem]:
        """What is wrong with what a request says, unknown fields too."""
        described = self._operation(method, template).get("requestBody")
        if described is None:
            return [] if body in (None, {}) else [Problem((), "takes no body")]
        if body is None:
            return [Problem((), "needs a body")] if described.get("required") else []
        schema = described["content"]["application/json"]["schema"]
        return [Problem.of(error) for error in self._asking(schema).iter_errors(body)]

    def reply_problems(self, method: str, template: str, status: int, body: Any) -> list[Problem]:
        """How a reply of the stand-in's differs from the specification."""
        replies = self._operation(method, template)["responses"]
        described = replies.get(str(status)) or replies.get("4XX" if status >= 400 else "")
        if described is None:
            return [Problem((), f"is not described as answering {status}")]
        if "$ref" in described:
            described = schemas.resolve(self._document, described["$ref"])
        content = described.get("content")
        if content is None:
            return [] if body is None else [Problem((), f"answers {status} with nothing")]
        schema = content["application/json"]["schema"]
        return [Problem.of(error) for error in self._answering(schema).iter_errors(body)]

    def _operation(self, method: str, template: str) -> Body:
        operation: Body = self._document["paths"][template][method.lower()]
        return operation


@cache
def load() -> Spec:
    return Spec()


def _shared_spec() -> Any:
    """The thin validator of the shared module `validate_discord`."""
    found = importlib.util.spec_from_file_location(
        "validate_discord", shared_file("specs/validate_discord.py")
    )
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves a file to the collector
        return module.DiscordSpec(str(shared_file("specs/discord/openapi.json")))


def _typed(text: str, kind: str | None) -> Any:
    """A query's value; what does not stand for its kind is left as it is, and then found wrong."""
    if kind == "integer" and text.isdecimal():
        return int(text)
    if kind == "boolean" and text.lower() in ("true", "1", "false", "0"):
        return text.lower() in ("true", "1")
    return text
