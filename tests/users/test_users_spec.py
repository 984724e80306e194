"""What an operator writes about built-in users."""

import pytest
from pydantic import ValidationError

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


@pytest.mark.parametrize("section", [{"kibana": {}}, {"elastic": {"password": "in the stack file"}}])
def test_an_unknown_user_and_a_password_in_the_stack_file_are_refused(section):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        UsersSpec.model_validate(section)


def test_every_key_an_operator_may_write_is_explained():
    sections = [UsersSpec, UserSpec]
    assert [name for one in sections for name, field in one.model_fields.items() if not field.description] == []
