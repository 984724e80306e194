"""What an operator writes about built-in users."""

from pydantic import Field, SecretStr, field_validator

from components.values import Spec

LEAST_LENGTH = 6
"""Elasticsearch refuses a shorter password. Source: security-api-change-password; x-pack/core Validation.Users."""


class UserSpec(Spec):
    """One built-in user."""

    version: int = Field(1, ge=1, le=1_000_000, strict=True, description="Raise it for a new password.")
    password: SecretStr | None = Field(
        None,
        description="A password of your own, encrypted (`pulumi config set --secret`), in place of a generated one.",
    )

    @field_validator("password")
    @classmethod
    def _can_be_set(cls, password: SecretStr | None) -> SecretStr | None:
        """Refuse what Elasticsearch would refuse; the text never repeats it."""
        if password is not None and len(password.get_secret_value()) < LEAST_LENGTH:
            raise ValueError(f"it must have at least {LEAST_LENGTH} characters, or Elasticsearch refuses it")
        if password is not None and not password.get_secret_value().isprintable():
            raise ValueError("it must be one line of printable characters")
        return password


class UsersSpec(Spec):
    """Section `users`: the built-in users that get a password.

    Source: deploy-manage/users-roles/cluster-or-deployment-auth/built-in-users.
    """

    elastic: UserSpec = Field(default_factory=UserSpec, description="The superuser.")
    kibana_system: UserSpec = Field(default_factory=UserSpec, description="Whom Kibana logs in as.")
    logstash_system: UserSpec | None = Field(None, description="Whom Logstash sends its monitoring data as.")
    beats_system: UserSpec | None = Field(None, description="Whom Beats send their monitoring data as.")
    apm_system: UserSpec | None = Field(None, description="Whom the APM server sends its monitoring data as.")
    remote_monitoring_user: UserSpec | None = Field(
        None, description="Whom Metricbeat collects and sends monitoring data as."
    )

    def chosen(self) -> dict[str, UserSpec]:
        """Return the users that get a password, the superuser first: with it the others are set."""
        every = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: spec for name, spec in every.items() if spec is not None}
