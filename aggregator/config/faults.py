"""What pydantic says of a document, in our words and with our lines."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar, get_args

from aggregator.config.document import Document, Steps
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from aggregator.config.keys import Keys

    K = TypeVar("K", bound=Keys)

_EXPECTED = {  # types of https://docs.pydantic.dev/latest/errors/validation_errors/
    "string_type": "a text",
    "tuple_type": "a list",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "finite_number": "a number",
    "too_short": "a list that is not empty",
}


def validated(model: type[K], document: Document) -> tuple[K | None, list[ConfigError]]:
    """The document as that model, or everything that keeps it from being one."""
    from pydantic import ValidationError

    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        return None, [
            _fault(detail, model, document) for detail in error.errors(include_url=False, include_input=False)
        ]


def nearest(found: str, known: Iterable[str]) -> str:
    """For "expected ...": the known name that is most like it, or all of them."""
    names = sorted(known)
    close = get_close_matches(found, names, n=1, cutoff=0.6)
    if close:
        return close[0]
    return f"one of {', '.join(names)}" if names else "none, because none is defined"


def _fault(detail: ErrorDetails, model: type[BaseModel], document: Document) -> ConfigError:
    steps: Steps = detail["loc"]
    if detail["type"] == "missing":
        key = str(steps[-1])
        about = _fields(_model_at(model, steps[:-1]))[key].description
        return ConfigError(
            document.place(steps[:-1]), f"no key {key}", f"{key}: {about}" if about else f"the key {key}"
        )
    if detail["type"] == "extra_forbidden":
        key, keys = str(steps[-1]), _fields(_model_at(model, steps[:-1]))
        return ConfigError(document.place(steps), f"unknown key {key}", nearest(key, keys))
    return ConfigError(document.place(steps), _found(steps, document), _expected(detail))


def _found(steps: Steps, document: Document) -> str:
    """`key: value` as it stands in the file; what a short form stands for is not in the file, so it is left out."""
    while steps and document.at(steps) is None and steps not in document.lines:
        steps = steps[:-1]
    name = next((step for step in reversed(steps) if isinstance(step, str)), None)
    return f"{name}: {document.shown(steps)}" if name else document.shown(steps)


def _expected(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            return str(context["expected"])
        case "greater_than_equal":
            return f"at least {context['ge']:,g}"
        case "greater_than":
            return f"more than {context['gt']:,g}"
        case "less_than_equal":
            return f"at most {context['le']:,g}"
        case kind:
            return _EXPECTED.get(kind, detail["msg"])


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """As they are written: `from` is no name in Python."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _model_at(model: type[BaseModel], steps: Steps) -> type[BaseModel]:
    """The model of the mapping that stands there."""
    for step in steps:
        if isinstance(step, str):
            model = _inner(model.model_fields[step].annotation) or model
    return model


def _inner(annotation: object) -> type[BaseModel] | None:
    """The model inside `X | None`, `tuple[X, ...]`, `Annotated[X, ...]`."""
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _inner(argument))), None)
