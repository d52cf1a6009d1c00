"""What a kind says of its parameters, read out of its struct: the source of validation, lists, documents and tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, structs

from protocol.model import Model
from protocol.project import Keyframes


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter under the name that projects write. `range` holds for a number, and for the value of each key."""

    name: str
    field: str
    kind: str
    type: Any
    default: Any
    description: str
    description_ru: str
    moves: str
    animated: bool
    unit: str | None = None
    range: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    check: Callable[[bytes], object] | None = None


@cache
def parameters_of(struct: type[Model]) -> tuple[Parameter, ...]:
    """Return the parameters of a struct in their order; raises TypeError for a member that is not declared in full."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple(_parameter(struct, field, hints[field.name]) for field in structs.fields(struct))


def _parameter(struct: type[Model], field: structs.FieldInfo, hint: Any) -> Parameter:
    where = f"{struct.__name__}.{field.name}"
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{where} has no description")
    inner, *notes = get_args(hint)
    meta = next((note for note in notes if isinstance(note, Meta)), None)
    extra = meta.extra if meta is not None else None
    if meta is None or not meta.description or not extra or "parameter" not in extra:
        raise TypeError(f"{where} has no description")
    if field.default is NODEFAULT:
        raise TypeError(f"{where} has no default")
    return Parameter(
        name=field.encode_name,
        field=field.name,
        kind=extra["parameter"],
        type=inner,
        default=field.default,
        description=meta.description,
        description_ru=extra["ru"],
        moves=extra["moves"],
        animated=Keyframes in get_args(inner),
        unit=extra.get("unit"),
        range=extra.get("range"),
        choices=get_args(inner) if get_origin(inner) is Literal else (),
        suffixes=extra.get("suffixes", ()),
        check=extra.get("check"),
    )
