"""The OpenRPC document: complete, self-contained, and true to the table."""

from __future__ import annotations

import json
from typing import Any, get_args

import jsonschema
import msgspec
import pytest

from protocol.commands import COMMANDS, Command, Example, Params
from protocol.errors import ConnectionLost, InvalidParams, SidecarError
from protocol.events import KEPT_TOPICS, STATE_TOPICS, Topic
from protocol.model import Result
from protocol.openrpc import (
    EVERYWHERE,
    delivery,
    document,
    error_context,
    errors_of,
    message_of,
    schema_hash,
    wire_text,
)
from protocol.topics import PAYLOADS


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for part in value.values() for ref in references(part)]
    if isinstance(value, list):
        return [ref for part in value for ref in references(part)]
    return []


def test_every_reference_leads_somewhere() -> None:
    contract = document()
    found = references(contract)
    assert len(found) > 200
    for reference in found:
        at: Any = contract
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]


def test_it_is_plain_json_and_the_same_every_time() -> None:
    assert json.loads(json.dumps(document())) == document()
    assert schema_hash() == "sha256:" + schema_hash().removeprefix("sha256:")
    assert len(schema_hash()) == len("sha256:") + 64


def test_the_methods_are_those_of_the_table_in_its_order() -> None:
    methods = document()["methods"]
    assert [method["name"] for method in methods] == [command.name for command in COMMANDS]
    assert len({method["name"] for method in methods}) == len(methods)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_example_fits_its_own_schema_and_its_own_type(command: Command) -> None:
    contract = document()
    method = next(method for method in contract["methods"] if method["name"] == command.name)
    schema = {**method["x-paramsSchema"], "components": contract["components"]}
    jsonschema.validate(command.example.params, schema, cls=jsonschema.Draft202012Validator)
    msgspec.convert(command.example.params, command.params)
    required = {param["name"] for param in method["params"] if param["required"]}
    assert required <= command.example.params.keys()


def test_required_params_stand_before_optional_ones_and_the_token_last() -> None:
    for method in document()["methods"]:
        flags = [param["required"] for param in method["params"]]
        assert flags == sorted(flags, reverse=True)
        assert method["params"][-1]["name"] == "progressToken"


def test_every_method_may_answer_the_common_errors_once_each() -> None:
    for command in COMMANDS:
        errors = errors_of(command)
        assert len(errors) == len(set(errors))
        assert set(EVERYWHERE) <= set(errors)
        assert errors[: len(command.raises)] == command.raises


def test_topics_and_payloads_are_the_same_set() -> None:
    assert set(PAYLOADS) == set(get_args(Topic))
    assert PAYLOADS.keys() >= STATE_TOPICS
    assert PAYLOADS.keys() >= KEPT_TOPICS
    kinds = {event["topic"]: event["delivery"] for event in document()["x-events"]}
    assert kinds["render.progress"] == "latest"
    assert kinds["render.state"] == "kept"
    assert kinds["media.changed"] == "latestOfEach"
    assert delivery("project.changed") == "queued"


def test_a_smaller_table_makes_a_smaller_document() -> None:
    class Ping(Params, kw_only=True):
        """Say hello to `some_one`."""

        some_one: str

    class Pong(Result):
        """Hello."""

        text: str

    contract = document([Command("test.ping", Ping, Pong, "Ping.", Example({"someOne": "me"}))])
    (method,) = contract["methods"]
    assert method["description"] == "Say hello to `someOne`."
    assert [param["name"] for param in method["params"]] == ["someOne", "progressToken"]
    assert set(contract["components"]["errors"]) == {error.kind for error in EVERYWHERE}
    assert contract != document()


def test_an_error_says_what_its_context_holds_in_wire_names() -> None:
    assert message_of(InvalidParams) == "{detail} - at {path}"
    busy = next(error for error in EVERYWHERE if error.kind == "busy")
    assert message_of(busy).startswith("{inFlight} requests")
    assert error_context(busy)["required"] == ["limit", "inFlight"]
    assert error_context(ConnectionLost)["properties"] == {"detail": {"type": "string"}}


def test_a_context_of_structs_is_refused() -> None:
    class Inner(Result):
        """Inside."""

        value: int

    class Odd:
        members = ("inner",)
        __annotations__ = {"inner": Inner}

    with pytest.raises(TypeError, match="plain JSON values only"):
        error_context(Odd)  # type: ignore[arg-type]  # registering a kind would change the taxonomy for every test


def test_every_error_registered_has_a_context_that_can_be_described() -> None:
    for error in SidecarError.__subclasses__():
        assert set(error_context(error)) == {"type", "properties", "required"}


def test_only_names_in_backquotes_are_renamed() -> None:
    assert wire_text("The `base_path` of a base_path.\n\n    More.") == "The `basePath` of a base_path.\n\nMore."
    assert wire_text(None) == ""
