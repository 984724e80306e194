"""What an operator writes about Kibana."""

import pytest
from pydantic import ValidationError

from components.clients.spec import KibanaSpec, host_of

LEAST = {"name": "kibana-1", "address": "10.0.0.9", "home": "/opt/kibana"}


def spec(**differs) -> KibanaSpec:
    return KibanaSpec.model_validate({**LEAST, **differs})


def test_name_address_and_home_are_enough():
    assert (spec().port, spec().public_url, spec().restart) == (5601, None, ())


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://kibana.example.net", "kibana.example.net"),
        ("http://kibana.example.net:8080/books", "kibana.example.net"),
        ("https://[fd00::1]:5601", "fd00::1"),
    ],
)
def test_a_public_url_is_what_people_type(url, host):
    assert spec(public_url=url).public_url == url
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "kibana.example.net",
        "ftp://kibana.example.net",
        "https://",
        "https://kibana.example.net/",
        "https://me@kibana.example.net",
        "https://kibana.example.net?a=b",
        "https://my_kibana.example.net",
    ],
)
def test_what_no_certificate_can_name_or_no_browser_can_type_is_refused(url):
    with pytest.raises(ValidationError):
        spec(public_url=url)


@pytest.mark.parametrize("missing", sorted(LEAST))
def test_what_kibana_cannot_be_found_without_is_asked_for(missing):
    with pytest.raises(ValidationError, match=missing):
        KibanaSpec.model_validate({key: value for key, value in LEAST.items() if key != missing})


def test_every_key_an_operator_may_write_is_explained():
    assert [name for name, field in KibanaSpec.model_fields.items() if not field.description] == []
