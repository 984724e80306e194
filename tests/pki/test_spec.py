from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from components.pki.lifetimes import lifetime_end
from components.pki.spec import (
    AuthoritiesSpec,
    AuthoritySpec,
    CertificatesSpec,
    FileFormat,
    KeyType,
    Layer,
    RenewalFraction,
    authority_must_outlive_leaves,
    short_lifetimes,
)

FRACTION = TypeAdapter(RenewalFraction)


def test_a_stack_file_without_a_word_gets_sensible_certificates():
    spec = CertificatesSpec()
    assert (spec.valid_for, spec.key, spec.renew_in_last) == ("1y", KeyType.EC_P256, Fraction(1, 3))
    assert (spec.trust_format, spec.key_format) == (FileFormat.PEM, FileFormat.PKCS12)


def test_a_stack_file_without_a_word_gets_two_authorities_of_generation_one():
    spec = AuthoritiesSpec()
    assert spec.transport == spec.http == AuthoritySpec(generation=1, valid_for="10y", key=KeyType.EC_P256)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("1/3", Fraction(1, 3), id="as a fraction"),
        pytest.param(0.1, Fraction(1, 10), id="as a number, exactly"),
        pytest.param("0.25", Fraction(1, 4), id="as the text of a number"),
        pytest.param(0.9, Fraction(9, 10), id="the largest"),
    ],
)
def test_the_renewal_window_is_an_exact_share(written, read):
    assert FRACTION.validate_python(written) == read


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(0, id="no window"),
        pytest.param("-1/3", id="negative"),
        pytest.param(0.91, id="nearly the whole life"),
        pytest.param(1, id="the whole life"),
        pytest.param(True, id="a truth"),
        pytest.param("1/0", id="no number"),
        pytest.param("a third", id="a word"),
    ],
)
def test_a_renewal_window_that_cannot_be_is_refused(written):
    with pytest.raises(ValidationError):
        FRACTION.validate_python(written)


@pytest.mark.parametrize(
    "generation",
    [
        pytest.param(0, id="before the first"),
        pytest.param(-1, id="negative"),
        pytest.param(10_000, id="beyond reason"),
        pytest.param("2", id="a text"),
        pytest.param(1.5, id="between two"),
        pytest.param(True, id="a truth"),
    ],
)
def test_a_generation_is_a_whole_number_from_one(generation):
    with pytest.raises(ValidationError):
        AuthoritySpec(generation=generation)


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        CertificatesSpec.model_validate({"valid_fro": "1y"})


@pytest.mark.parametrize("spec", [CertificatesSpec, AuthoritySpec, AuthoritiesSpec])
def test_every_field_has_a_sentence_for_the_configuration_page(spec):
    assert all((field.description or "").endswith(".") for field in spec.model_fields.values())


@pytest.mark.parametrize(
    ("authority", "leaf", "too_short"),
    [
        pytest.param("10y", "1y", False, id="the defaults"),
        pytest.param("2y", "1y", False, id="exactly two lives"),
        pytest.param("24M", "1y", False, id="exactly two lives in months"),
        pytest.param("23M", "1y", True, id="a month less than two lives"),
        pytest.param("731D", "1y", False, id="two lives in days, of which one is a leap year"),
        pytest.param("730D", "1y", True, id="a day less than two lives"),
        pytest.param("1y", "1y", True, id="one life"),
        pytest.param("90D", "1y", True, id="less than one life"),
    ],
)
def test_an_authority_lives_at_least_twice_as_long_as_its_leaves(authority, leaf, too_short):
    found = authority_must_outlive_leaves(
        Layer.HTTP, AuthoritySpec(valid_for=authority), CertificatesSpec(valid_for=leaf)
    )
    assert (found is not None) is too_short
    if found:
        assert found.reason == "AuthorityTooShort"
        assert f"authorities.http.valid_for is {authority}" in found.message


@given(st.integers(1, 700), st.sampled_from("DMy"), st.integers(1, 700), st.sampled_from("DMy"))
def test_no_authority_shorter_than_a_leaf_is_let_through(count, unit, leaf_count, leaf_unit):
    authority = f"{min(count, 100) if unit == 'y' else count}{unit}"
    leaf = f"{min(leaf_count, 100) if leaf_unit == 'y' else leaf_count}{leaf_unit}"
    found = authority_must_outlive_leaves(
        Layer.HTTP, AuthoritySpec(valid_for=authority), CertificatesSpec(valid_for=leaf)
    )
    start = datetime(2026, 3, 1, tzinfo=UTC)
    if found is None:
        assert lifetime_end(authority, start) - start > lifetime_end(leaf, start) - start


@pytest.mark.parametrize(
    ("leaf", "authority", "settings"),
    [
        pytest.param("1y", "10y", [], id="the defaults"),
        pytest.param("60D", "10y", [], id="a leaf of exactly 60 days"),
        pytest.param("59D", "10y", ["certificates.valid_for"], id="a leaf of less than 60 days"),
        pytest.param("30D", "90D", ["certificates.valid_for"], id="an authority of exactly 90 days"),
        pytest.param(
            "30D", "89D", ["certificates.valid_for", "authorities.transport.valid_for"], id="and one of less than 90"
        ),
    ],
)
def test_short_lifetimes_are_advised_against(leaf, authority, settings):
    authorities = AuthoritiesSpec(transport=AuthoritySpec(valid_for=authority))
    found = short_lifetimes(CertificatesSpec(valid_for=leaf), authorities)
    assert [finding.message.split(" is ")[0] for finding in found] == settings


def test_lifetimes_are_compared_from_a_leap_year():
    year = datetime(2024, 1, 1, tzinfo=UTC)
    assert lifetime_end("1y", year) - year == timedelta(days=366)
