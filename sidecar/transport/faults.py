"""From whatever a handler raised to the typed error that is answered."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.errors import Cause, SidecarError


def typed(error: BaseException) -> SidecarError | None:
    """Return the typed error in what was raised; None when something in it is a fault of ours.

    Of a group of typed errors the first is answered and the others are its causes; so are typed errors that it was
    raised from.
    """
    leaves = list(_leaves(error))
    first = leaves[0]
    if not isinstance(first, SidecarError) or not all(isinstance(leaf, SidecarError) for leaf in leaves):
        return None
    causes = [_cause(leaf) for leaf in (*_raised_from(first), *leaves[1:]) if isinstance(leaf, SidecarError)]
    first.causes = (*first.causes, *causes)
    return first


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _leaves(part)
    else:
        yield error


def _raised_from(error: BaseException) -> Iterator[BaseException]:
    while error.__cause__ is not None:
        error = error.__cause__
        yield error


def _cause(error: SidecarError) -> Cause:
    return Cause(kind=error.kind, message=error.message, context=error.context())
