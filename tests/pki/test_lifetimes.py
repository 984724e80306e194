from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from components.pki.lifetimes import Lifetime, lifetime_end, lifetime_start

LIFETIME = TypeAdapter(Lifetime)

lifetimes = st.one_of(
    st.integers(1, 36_500).map("{}D".format),
    st.integers(1, 1200).map("{}M".format),
    st.integers(1, 100).map("{}y".format),
)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (bounds)


def utc(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("90D", "90D", id="days"),
        pytest.param("90d", "90D", id="days in lower case"),
        pytest.param("18M", "18M", id="months"),
        pytest.param("18m", "18M", id="months in lower case, never minutes"),
        pytest.param("1y", "1y", id="years"),
        pytest.param("3Y", "3y", id="years as certutil shows them"),
        pytest.param(" 2y ", "2y", id="blanks around it"),
        pytest.param("36500D", "36500D", id="the longest in days"),
        pytest.param("100y", "100y", id="the longest in years"),
    ],
)
def test_a_lifetime_has_one_spelling(written, read):
    assert LIFETIME.validate_python(written) == read


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        pytest.param("", "is not a lifetime", id="empty"),
        pytest.param("90", "90D (days)", id="no unit"),
        pytest.param(90, "90D (days)", id="a number"),
        pytest.param("0D", "is not a lifetime", id="nothing"),
        pytest.param("-1y", "is not a lifetime", id="negative"),
        pytest.param("1.5y", "is not a lifetime", id="a fraction"),
        pytest.param("1y6M", "is not a lifetime", id="two units"),
        pytest.param("12h", "is not a lifetime", id="an unknown unit"),
        pytest.param("1 y", "is not a lifetime", id="a blank within"),
        pytest.param("١y", "is not a lifetime", id="a digit of another script"),
        pytest.param(None, "is not a lifetime", id="nothing at all"),
        pytest.param("101y", "longer than 100 years", id="beyond a century in years"),
        pytest.param("1201M", "longer than 100 years", id="beyond a century in months"),
        pytest.param("36501D", "longer than 100 years", id="beyond a century in days"),
    ],
)
def test_what_is_no_lifetime_is_refused_with_an_example(written, complaint):
    with pytest.raises(ValidationError) as refused:
        LIFETIME.validate_python(written)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("start", "lifetime", "end"),
    [
        pytest.param(utc(2026, 11, 24, 4), "90D", utc(2027, 2, 22, 4), id="days across a year's end"),
        pytest.param(utc(2026, 11, 24, 4), "18M", utc(2028, 5, 24, 4), id="months across two"),
        pytest.param(utc(2026, 11, 24, 4), "1y", utc(2027, 11, 24, 4), id="a year"),
        pytest.param(utc(2026, 12, 24), "1M", utc(2027, 1, 24), id="a month into January"),
        pytest.param(utc(2026, 11, 24), "1M", utc(2026, 12, 24), id="a month into December"),
        pytest.param(utc(2027, 1, 31), "1M", utc(2027, 2, 28), id="a day that February lacks"),
        pytest.param(utc(2028, 1, 31), "1M", utc(2028, 2, 29), id="a day that a leap year's February lacks"),
        pytest.param(utc(2028, 2, 29), "1y", utc(2029, 2, 28), id="the leap day and a year"),
        pytest.param(utc(2028, 2, 29), "4y", utc(2032, 2, 29), id="the leap day and four years"),
        pytest.param(utc(2026, 11, 24), "100y", utc(2126, 11, 24), id="a century"),
    ],
)
def test_months_and_years_go_by_the_calendar(start, lifetime, end):
    assert lifetime_end(lifetime, start) == end


@given(lifetimes, moments)
def test_a_lifetime_that_starts_in_time_ends_in_time(lifetime, end):
    start = lifetime_start(lifetime, end)
    assert end - timedelta(days=3) <= lifetime_end(lifetime, start) <= end


@given(lifetimes, moments, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_lifetime_that_starts_later_never_ends_earlier(lifetime, start, later):
    assert lifetime_end(lifetime, start) <= lifetime_end(lifetime, start + later)
