"""The keys that say where events are told."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from aggregator.config import scalars
from aggregator.config.keys import Keys, Line, Url, short_for, text
from aggregator.model import Security

MailAddress = Annotated[str, AfterValidator(scalars.mail)]
Password = Annotated[str, AfterValidator(scalars.password)]


class WebhookKeys(Keys):
    url: Url = Field(description="where events are posted to as JSON")
    private_network: bool = Field(default=False, description="true: may stand at a private or loopback address")


class MailKeys(Keys):
    to: tuple[MailAddress, ...] = Field(min_length=1, description="who gets it")
    sender: MailAddress = Field(alias="from", description="who it comes from")
    server: Annotated[tuple[str, int | None], PlainValidator(text(scalars.mail_server), json_schema_input_type=str)] = (
        Field(description="the mail server, such as smtp.example.org or smtp.example.org:465")
    )
    security: Security = Field(
        default=Security.STARTTLS, description="starttls, tls (from the first byte on), or none on this machine"
    )
    user: Line | None = None
    password: Password | None = Field(default=None, description="write ${NAME}: it is read from the environment")

    @model_validator(mode="after")
    def _login(self) -> MailKeys:
        if (self.user is None) is not (self.password is None):
            raise ValueError("`user` and `password`, or neither")
        return self


class AlarmKeys(Keys):
    webhook: (
        Annotated[WebhookKeys, BeforeValidator(short_for("url"), json_schema_input_type=str | WebhookKeys)] | None
    ) = Field(default=None, description="an address that takes JSON by POST")
    mail: MailKeys | None = Field(default=None, description="by mail")
