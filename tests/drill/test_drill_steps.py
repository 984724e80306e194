"""What a drill does, made of sections that the stack file's own rules accept and that make certificates due."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from components.errors import ConfigurationRefused
from components.findings import first_finding
from components.pki.inspect import authority_facts
from components.pki.issue import new_authority
from components.pki.renewal import AUTHORITY_RENEWAL_CHECKS, AuthorityView
from components.pki.spec import KeyType, Layer
from drill.steps import steps_of
from stacks.config import check
from stacks.drilled import Drilled
from stacks.model import StackModel

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SECTIONS = {
    "cluster": {"name": "local", "scenario": "basic-https"},
    "nodes": [{"name": "es-1", "address": "127.0.0.1"}],
    "machine": {"home": "/opt/elasticsearch"},
}


def steps(key=KeyType.EC_P256, years=10):
    return {step.name: step for step in steps_of(key, [NOW, NOW + timedelta(days=365 * years)], NOW)}


def laid_out(step):
    return check(Drilled(meanwhile=step.meanwhile).over(SECTIONS))


@pytest.mark.parametrize("years", [1, 10, 49])
def test_every_step_is_a_stack_file_that_is_accepted(years):
    assert {type(laid_out(step)) for step in steps(years=years).values()} == {StackModel}


@pytest.mark.parametrize("key", list(KeyType))
def test_leaves_get_another_type_of_key_and_in_the_end_their_own_again(key):
    found = steps(key)
    floor, first, *between, last = found.values()
    assert floor.meanwhile == last.meanwhile == {}
    assert laid_out(first).certificates.key is not key
    assert {laid_out(step).certificates.key for step in between} == {laid_out(first).certificates.key}


def test_the_first_step_changes_nothing():
    assert laid_out(steps()["no-change"]) == check(SECTIONS)


def test_an_authority_that_was_just_made_is_due_in_the_step_that_renews_it_and_in_no_other():
    made = authority_facts(
        new_authority(
            cluster="local", layer=Layer.HTTP, generation=1, key_type=KeyType.EC_P256, valid_for="10y", now=NOW
        ).certificate_pem
    )
    due = {
        name
        for name, step in steps_by_end(made).items()
        if first_finding(
            AUTHORITY_RENEWAL_CHECKS, AuthorityView(made, laid_out(step).certificates.valid_for, Fraction(1, 3), NOW)
        )
    }
    assert due == {"renew-cas"}


def steps_by_end(made):
    return {step.name: step for step in steps_of(KeyType.EC_P256, [made.not_after], NOW)}


def test_each_authority_is_rotated_once_and_by_itself():
    assert [step.rotates for step in steps().values() if step.rotates] == [(Layer.TRANSPORT,), (Layer.HTTP,)]


def test_an_authority_that_lives_too_long_to_be_made_due_is_refused():
    with pytest.raises(ConfigurationRefused, match="one has 50 years left"):
        steps(years=50)
