"""What a stack file may ask for, and yet had better not."""

import pytest

from stacks.advice import ADVICE, advice_on
from tests.stacks.stackfiles import model

IN_CLEAR = "cluster.scenario is basic and cluster.production is true: clients send passwords in clear; use basic-https"
OFTEN = "make sure that `pulumi up` runs often enough, without anybody thinking of it"


def told(changes):
    """Return the advice on a changed stack file, as pairs."""
    return [(finding.reason, finding.message) for finding in advice_on(model(changes))]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param("", [], id="the least"),
        pytest.param("cluster: {name: logs, scenario: basic}", [], id="basic, where nobody depends on it"),
        pytest.param("cluster: {name: logs, scenario: basic-https, production: true}", [], id="production with HTTPS"),
        pytest.param(
            "cluster: {name: logs, scenario: basic, production: true}",
            [("ProductionWithoutHttps", IN_CLEAR)],
            id="production without HTTPS",
        ),
        pytest.param("certificates: {valid_for: 60D}", [], id="leaves of sixty days"),
        pytest.param(
            "certificates: {valid_for: 59D}",
            [("ShortLifetime", f"certificates.valid_for is 59D, less than 60 days: {OFTEN}")],
            id="leaves of less",
        ),
        pytest.param(
            "certificates: {valid_for: 30D}\nauthorities: {transport: {valid_for: 89D}, http: {valid_for: 90D}}",
            [
                ("ShortLifetime", f"certificates.valid_for is 30D, less than 60 days: {OFTEN}"),
                ("ShortLifetime", f"authorities.transport.valid_for is 89D, less than 90 days: {OFTEN}"),
            ],
            id="an authority of less than ninety days, and one of ninety",
        ),
    ],
)
def test_advice_is_given_on_exactly_this(changes, expected):
    assert told(changes) == expected


def test_everything_that_is_unwise_is_said_at_once():
    found = told("cluster: {name: logs, scenario: basic, production: true}\ncertificates: {valid_for: 30D}")
    assert [reason for reason, _ in found] == ["ProductionWithoutHttps", "ShortLifetime"]


@pytest.mark.parametrize("rule", ADVICE, ids=lambda rule: rule.__name__)
def test_every_piece_of_advice_says_in_words_what_it_looks_for_and_where_elastic_says_so(rule):
    assert rule.__doc__.startswith("Find ")
    assert "Source: " in rule.__doc__
