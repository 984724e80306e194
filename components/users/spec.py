"""What an operator writes about built-in users."""

from pydantic import Field

from components.values import Spec


class UserSpec(Spec):
    """One built-in user."""

    version: int = Field(1, ge=1, le=1_000_000, strict=True, description="Raise it for a new password.")


class UsersSpec(Spec):
    """Section `users`: the built-in users that get a generated password.

    Source: deploy-manage/users-roles/cluster-or-deployment-auth/built-in-users.
    """

    elastic: UserSpec = Field(default_factory=UserSpec, description="The superuser.")
    kibana_system: UserSpec = Field(default_factory=UserSpec, description="Whom Kibana logs in as.")
