"""RFC 6902: edits of a project as a list of operations, all or none."""

from __future__ import annotations

from typing import Any

from protocol.errors import InvalidParams

Operation = dict[str, Any]
OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


class TestFailed(Exception):
    """A `test` operation found another value: the caller's picture of the project is not the current one."""

    __test__ = False

    def __init__(self, index: int, pointer: str) -> None:
        super().__init__(f"the test at {pointer} failed")
        self.index = index
        self.pointer = pointer


def apply_patch(document: Any, patch: list[Operation]) -> Any:
    """Apply operations in order, to `document` itself, and return what became of it.

    Raises InvalidParams for an operation that is malformed or leads nowhere, TestFailed for a failed test; the
    document is then half changed and of no use.
    """
    import jsonpatch  # noqa: PLC0415 - start-up time
    import jsonpointer  # noqa: PLC0415

    for index, operation in enumerate(patch):
        _check_shape(index, operation)
        try:
            document = jsonpatch.JsonPatch([operation]).apply(document, in_place=True)
        except jsonpatch.JsonPatchTestFailed as error:
            raise TestFailed(index, operation["path"]) from error
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, ValueError) as error:
            detail = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InvalidParams(detail=f"{operation['op']} cannot be done: {detail}", path=f"/patch/{index}") from error
    return document


def _check_shape(index: int, operation: Operation) -> None:
    kind = operation.get("op")
    if kind not in OPERATIONS:
        raise InvalidParams(detail=f"op is one of {', '.join(OPERATIONS)}", path=f"/patch/{index}/op")
    needed = {"add": "value", "replace": "value", "test": "value", "move": "from", "copy": "from"}.get(kind)
    for member in ("path", needed):
        if member is not None and member not in operation:
            raise InvalidParams(detail=f"{kind} needs {member}", path=f"/patch/{index}")
    for member in ("path", "from"):
        if not isinstance(operation.get(member, ""), str):
            raise InvalidParams(detail="a JSON Pointer is text", path=f"/patch/{index}/{member}")
