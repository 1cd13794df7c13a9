"""JSON Schema as Discord's OpenAPI file uses it, validated quickly: messages come by the thousand.

A union is decided by its members' `type` where they have one, which is faster than trying all, and says
what is wrong with the one that was meant.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from tests.servers.discord.state import Body

Errors = Iterator[jsonschema.ValidationError]


def resolve(document: Body, reference: str) -> Body:
    """What `#/a/b` stands for."""
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name.replace("~1", "/").replace("~0", "~")]
    resolved: Body = found
    return resolved


def validators(document: Body, *, strict: bool) -> Callable[[Body], Validator]:
    """Makes the validator of a schema in the document; `strict` ones refuse fields that no schema names."""
    rules = _Rules(document)
    keywords = {"$ref": rules.reference, "anyOf": rules.union, "oneOf": rules.union}
    if strict:
        keywords["properties"] = rules.properties
    kind: Callable[[Body], Validator] = extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
        jsonschema.Draft202012Validator, keywords
    )
    return kind


class _Rules:
    def __init__(self, document: Body) -> None:
        self._document = document
        self._resolved: dict[str, Body] = {}
        self._by_type: dict[int, dict[Any, list[Body]]] = {}
        self._any = jsonschema.Draft202012Validator.VALIDATORS["anyOf"]
        self._properties = jsonschema.Draft202012Validator.VALIDATORS["properties"]

    def reference(self, validator: Any, reference: str, instance: Any, _: Body) -> Errors:
        yield from validator.descend(instance, self._follow(reference))

    def union(self, validator: Any, members: list[Body], instance: Any, schema: Body) -> Errors:
        if instance is None and {"type": "null"} in members:
            return
        others = [one for one in members if one != {"type": "null"}]
        if len(others) == 1:
            yield from validator.descend(instance, others[0])
            return
        by_type = self._members_by_type(members)
        kind = instance.get("type") if isinstance(instance, dict) else None
        if not by_type or not isinstance(instance, dict):
            wrong = list(self._any(validator, members, instance, schema))
            if wrong and isinstance(instance, dict):  # what is wrong with the one that was meant
                meant = max(others, key=lambda one: len(instance.keys() & self._properties_of(one)))
                wrong = list(validator.descend(instance, meant))
            yield from wrong
        elif not isinstance(kind, int | str) or kind not in by_type:
            yield jsonschema.ValidationError(f"{kind!r} is no type of {sorted(by_type)}", path=["type"])
        elif len(by_type[kind]) == 1:
            yield from validator.descend(instance, by_type[kind][0])
        else:
            yield from self._any(validator, by_type[kind], instance, schema)

    def properties(self, validator: Any, properties: Body, instance: Any, schema: Body) -> Errors:
        yield from self._properties(validator, properties, instance, schema)
        if isinstance(instance, dict) and "additionalProperties" not in schema:
            for name in instance.keys() - properties.keys():
                yield jsonschema.ValidationError(f"{name} is no field of this", path=[name])

    def _follow(self, reference: str) -> Body:
        if reference not in self._resolved:
            self._resolved[reference] = resolve(self._document, reference)
        return self._resolved[reference]

    def _members_by_type(self, members: list[Body]) -> dict[Any, list[Body]]:
        """The members for each value of `type`; empty unless every member says its own."""
        if id(members) not in self._by_type:
            found: dict[Any, list[Body]] = {}
            for one in (one for one in members if one != {"type": "null"}):
                kinds = self._properties_of(one).get("type", {})
                if "$ref" in kinds or "enum" not in kinds:
                    found = {}
                    break
                for kind in kinds["enum"]:
                    found.setdefault(kind, []).append(one)
            self._by_type[id(members)] = found  # the document stays, so that the id does
        return self._by_type[id(members)]

    def _properties_of(self, member: Body) -> Body:
        whole = self._follow(member["$ref"]) if "$ref" in member else member
        properties: Body = whole.get("properties", {})
        return properties
