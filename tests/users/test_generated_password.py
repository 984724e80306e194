"""A password is made once for each version, recorded before it is used, and never shown."""

import re

import pytest
from pydantic import SecretStr

from components.errors import ConfigurationRefused
from components.handling import Recorded
from components.users.handler import (
    KEPT_FORMERS,
    GeneratedPasswordHandler,
    GeneratedPasswordInputs,
    GeneratedPasswordOutputs,
)
from components.values import Unknown
from tests.fakes import FakeContext

HANDLER = GeneratedPasswordHandler()


def at(version: int, purpose: str = "elastic") -> GeneratedPasswordInputs:
    return GeneratedPasswordInputs(purpose=purpose, version=version)


def made(version: int, recorded: Recorded | None = None) -> Recorded:
    """Return the record after an up at this version."""
    return Recorded(at(version), HANDLER.converge(recorded, at(version), FakeContext()))


def text(secret) -> str:
    return secret.get_secret_value()


def texts(secrets) -> list[str]:
    return [text(secret) for secret in secrets]


def raised(times: int) -> Recorded:
    """Return the record after the version was raised so many times."""
    recorded = made(1)
    for version in range(2, times + 2):
        recorded = made(version, recorded)
    return recorded


def test_the_first_password_is_random_and_has_none_before_it():
    one, other = made(1).outputs, made(1).outputs
    assert re.fullmatch(r"[A-Za-z0-9]{32}", text(one.value))
    assert text(one.value) != text(other.value)
    assert one.formers == ()


def test_the_same_version_keeps_the_same_password():
    first = made(1)
    assert made(1, first).outputs == first.outputs


def test_a_raised_version_gets_a_new_password_and_keeps_the_one_before_it():
    first = made(1)
    second = made(2, first).outputs
    assert text(second.value) != text(first.outputs.value)
    assert texts(second.formers) == [text(first.outputs.value)]


def test_passwords_before_it_stay_as_long_as_the_version_does():
    second = raised(1)
    assert made(2, second).outputs == second.outputs


def test_a_password_that_is_raised_twice_keeps_both_before_it_the_newest_first():
    """One of them is what the cluster knows, where no run came to set the one in between."""
    first = made(1)
    second = made(2, first)
    third = made(3, second).outputs
    assert texts(third.formers) == [text(second.outputs.value), text(first.outputs.value)]


def test_only_the_newest_passwords_are_kept():
    before = raised(KEPT_FORMERS + 2)
    after = made(99, before).outputs
    assert texts(after.formers) == [text(before.outputs.value), *texts(before.outputs.formers)][:KEPT_FORMERS]
    assert len(after.formers) == KEPT_FORMERS


def test_a_lowered_version_gets_a_new_password_too():
    second = raised(1)
    lowered = made(1, second).outputs
    assert text(lowered.value) not in (text(second.outputs.value), *texts(second.outputs.formers))


def test_a_preview_cannot_know_a_password_that_is_not_made():
    outputs = HANDLER.preview(None, at(1), FakeContext())
    assert isinstance(outputs.value, Unknown)
    assert outputs.formers == ()


def test_a_preview_of_a_raised_version_knows_the_passwords_before_it():
    second = raised(1)
    outputs = HANDLER.preview(second, at(3), FakeContext())
    assert isinstance(outputs.value, Unknown)
    assert outputs.formers == (second.outputs.value, *second.outputs.formers)


def test_a_preview_of_the_same_version_is_what_is_recorded():
    second = raised(1)
    assert HANDLER.preview(second, at(2), FakeContext()) == second.outputs


def test_a_password_for_another_purpose_is_another_resource():
    assert HANDLER.name(at(1, "kibana_system")) == "kibana_system/password"
    assert HANDLER.replace_on == {"purpose"}


@pytest.mark.parametrize("show", [str, repr])
def test_a_password_never_shows(show):
    outputs: GeneratedPasswordOutputs = raised(2).outputs
    secrets = [text(outputs.value), *texts(outputs.formers)]
    assert len(secrets) == 3
    assert [secret for secret in secrets if secret in show(outputs)] == []


def test_nothing_is_said_while_a_password_is_made():
    context = FakeContext()
    HANDLER.converge(None, at(1), context)
    assert (context.said, context.shown, context.warned) == ([], [], [])


def reasons(recorded: Recorded, wanted: GeneratedPasswordInputs) -> list[str]:
    return [change.finding.message for change in HANDLER.changes(recorded, wanted, FakeContext())]


def test_another_version_is_the_reason_for_another_password():
    assert reasons(made(1), at(2)) == ["password of elastic: version 1 → 2"]
    assert reasons(made(2), at(2)) == []


def warned(recorded: Recorded | None, wanted: GeneratedPasswordInputs) -> list[str]:
    context = FakeContext()
    HANDLER.preview(recorded, wanted, context)
    return context.warned


@pytest.mark.parametrize(
    ("purpose", "output"), [("elastic", "elasticPassword"), ("kibana_system", "userPasswords")], ids=str
)
def test_who_logs_in_is_warned_of_another_password_in_the_preview(purpose, output):
    first = Recorded(at(1, purpose), made(1).outputs)
    said = f"clients that log in as {purpose} need the new password from then on (output {output})"
    assert warned(first, at(2, purpose)) == [said]
    assert warned(first, at(1, purpose)) == []


def test_nobody_is_warned_of_a_first_password_or_of_the_same_one():
    assert warned(None, at(1)) == []
    assert warned(converged(given("s3cr3t")), given("s3cr3t", version=2)) == []
    assert len(warned(converged(given("s3cr3t")), given("an0ther"))) == 1


def given(password: str, version: int = 1) -> GeneratedPasswordInputs:
    return GeneratedPasswordInputs(purpose="elastic", version=version, given=SecretStr(password))


def converged(wanted: GeneratedPasswordInputs, recorded: Recorded | None = None) -> Recorded:
    return Recorded(wanted, HANDLER.converge(recorded, wanted, FakeContext()))


def test_a_given_password_takes_the_place_of_the_generated_one_which_is_kept_as_the_one_before_it():
    generated = made(1)
    after = converged(given("s3cr3t"), generated)
    assert text(after.outputs.value) == "s3cr3t"
    assert texts(after.outputs.formers) == [text(generated.outputs.value)]
    assert converged(given("s3cr3t"), after).outputs == after.outputs


def test_another_given_password_or_none_any_more_is_a_change_too():
    first = converged(given("s3cr3t"))
    second = converged(given("0th3rs"), first)
    assert (text(second.outputs.value), texts(second.outputs.formers)) == ("0th3rs", ["s3cr3t"])
    third = converged(at(1), second)
    assert len(text(third.outputs.value)) == 32
    assert texts(third.outputs.formers) == ["0th3rs", "s3cr3t"]


def test_a_preview_knows_a_given_password():
    told = HANDLER.preview(made(1), given("s3cr3t"), FakeContext())
    assert text(told.value) == "s3cr3t"


WAITING = GeneratedPasswordInputs(purpose="bootstrap", waits=True)
USED = GeneratedPasswordInputs(purpose="bootstrap")


def test_a_password_that_was_made_while_certificates_were_awaited_stays_when_it_is_used():
    waiting = converged(WAITING)
    assert converged(WAITING, waiting) == waiting
    assert HANDLER.preview(waiting, USED, FakeContext()) == waiting.outputs
    assert converged(USED, waiting) == Recorded(USED, waiting.outputs)
    assert reasons(waiting, USED) == []


@pytest.mark.parametrize("attempt", [HANDLER.changes, HANDLER.preview, HANDLER.converge])
def test_once_it_is_used_no_run_waits_for_certificates_and_forgets_the_rest(attempt):
    used = converged(USED, converged(WAITING))
    with pytest.raises(ConfigurationRefused) as refused:
        attempt(used, WAITING, FakeContext())
    assert refused.value.where == "authorities.transport.own.leaves"
    assert "put back what `authorities.transport` had" in refused.value.next_step
