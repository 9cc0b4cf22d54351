"""What the files of a configuration have in common: mappings without unknown keys, and the scalars that stand in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator

from aggregator.config import scalars
from aggregator.model import Selector

T = TypeVar("T")


class Keys(BaseModel):
    """A mapping in a file: unknown keys are faults, a key without a value is as if it were not there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}


def text(read: Callable[[str], T]) -> Callable[[object], T]:
    def validate(value: object) -> T:
        if not isinstance(value, str):
            raise ValueError("a text")  # pydantic collects ValueError, not TypeError
        return read(value)

    return validate


def written(default: str, **more: Any) -> Any:
    """A default as one would write it, so that the schema and the documentation show it so."""
    return Field(default, validate_default=True, **more)


def short_for(key: str) -> Callable[[object], object]:
    def validate(value: object) -> object:
        if value is None:  # `- #ai_berlin`
            raise ValueError("a text; one that starts with # needs quotes")
        return {key: value} if isinstance(value, str) else value

    return validate


Id = Annotated[
    str, AfterValidator(scalars.identifier), Field(json_schema_extra={"pattern": "^[a-z0-9][a-z0-9-]{0,63}$"})
]
Line = Annotated[str, AfterValidator(scalars.label)]
Text = Annotated[str, AfterValidator(scalars.paragraphs)]
Url = Annotated[str, AfterValidator(scalars.url), Field(json_schema_extra={"format": "uri"})]
Language = Annotated[str, AfterValidator(scalars.language)]
Zone = Annotated[str, AfterValidator(scalars.timezone)]
Css = Annotated[str, AfterValidator(scalars.css)]
Place = Annotated[Selector, PlainValidator(text(scalars.selector), json_schema_input_type=str)]
Seconds = Annotated[float, BeforeValidator(text(scalars.seconds), json_schema_input_type=str)]
Bytes = Annotated[int, BeforeValidator(text(scalars.size), json_schema_input_type=str)]
Count = Annotated[int, Field(ge=1)]
