"""What an operator writes about built-in users."""

import pytest
from pydantic import SecretStr, ValidationError

from components.users.spec import UserSpec, UsersSpec


def test_both_built_in_users_get_a_first_password_by_default():
    spec = UsersSpec()
    assert (spec.elastic.version, spec.kibana_system.version) == (1, 1)


def test_the_other_built_in_users_get_one_only_where_they_are_named():
    assert list(UsersSpec().chosen()) == ["elastic", "kibana_system"]
    spec = UsersSpec.model_validate({"apm_system": {}, "beats_system": {"version": 3}})
    assert {name: user.version for name, user in spec.chosen().items()} == {
        "elastic": 1,
        "kibana_system": 1,
        "beats_system": 3,
        "apm_system": 1,
    }
    assert next(iter(spec.chosen())) == "elastic", "with it the others are set"


def test_a_version_is_raised_for_one_user_alone():
    spec = UsersSpec.model_validate({"elastic": {"version": 2}})
    assert (spec.elastic.version, spec.kibana_system.version) == (2, 1)


@pytest.mark.parametrize("version", [1, 1_000_000])
def test_a_version_is_a_whole_number_from_one(version):
    assert UsersSpec.model_validate({"elastic": {"version": version}}).elastic.version == version


@pytest.mark.parametrize("version", [0, -1, 1_000_001, "2", 1.0, True, None])
def test_a_version_that_cannot_be_counted_up_is_refused(version):
    with pytest.raises(ValidationError):
        UsersSpec.model_validate({"elastic": {"version": version}})


def test_an_unknown_user_is_refused():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        UsersSpec.model_validate({"kibana": {}})


@pytest.mark.parametrize("password", ["hunte", "", "hunter2\n", "hun\tter22"])
def test_a_given_password_that_elasticsearch_would_refuse_is_refused_and_not_repeated(password):
    with pytest.raises(ValidationError, match=r"at least 6 characters|one line of printable") as error:
        UserSpec.model_validate({"password": SecretStr(password)})
    assert "hun" not in str(error.value)


def test_a_given_password_of_six_characters_is_taken_and_never_shown():
    spec = UserSpec.model_validate({"password": "s3cr3t"})
    assert spec.password.get_secret_value() == "s3cr3t"
    assert "s3cr3t" not in repr(spec)


def test_every_key_an_operator_may_write_is_explained():
    sections = [UsersSpec, UserSpec]
    assert [name for one in sections for name, field in one.model_fields.items() if not field.description] == []
