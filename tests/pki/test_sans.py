import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from components.errors import ConfigurationRefused
from components.pki.sans import Host, Sans

HOST = TypeAdapter(Host)

labels = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
dns_names = st.lists(labels, min_size=1, max_size=4).map(".".join)
ips = st.ip_addresses().filter(lambda ip: not ip.is_unspecified and not getattr(ip, "ipv4_mapped", None)).map(str)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("ES-1.Example.Net", "es-1.example.net", id="upper case"),
        pytest.param("es-1.example.net.", "es-1.example.net", id="the final dot"),
        pytest.param(" es-1 ", "es-1", id="blanks around it"),
        pytest.param("localhost", "localhost", id="one label"),
        pytest.param("*.example.net", "*.example.net", id="wildcard"),
        pytest.param("xn--mnchen-3ya.example", "xn--mnchen-3ya.example", id="IDNA A-label"),
        pytest.param("3com.example", "3com.example", id="first digit"),
        pytest.param(f"{'a' * 63}.example", f"{'a' * 63}.example", id="the longest label"),
        pytest.param("10.0.0.1", "10.0.0.1", id="IPv4"),
        pytest.param("2001:DB8:0:0::1", "2001:db8::1", id="IPv6"),
        pytest.param("::ffff:10.0.0.1", "10.0.0.1", id="IPv4 within IPv6"),
        pytest.param("::1", "::1", id="loopback"),
    ],
)
def test_a_host_has_one_spelling(written, read):
    assert HOST.validate_python(written) == read


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        pytest.param("", "1 to 253 characters", id="empty"),
        pytest.param(".".join(["a" * 49] * 6), "1 to 253 characters", id="too long"),
        pytest.param("münchen.example", "IDNA", id="not ASCII"),
        pytest.param("es_1.example.net", "underscore", id="underscore"),
        pytest.param("-es.example.net", "no hyphen at its ends", id="hyphen first"),
        pytest.param("es-.example.net", "no hyphen at its ends", id="hyphen last"),
        pytest.param("es..example.net", "1 to 63", id="empty label"),
        pytest.param(f"{'a' * 64}.example", "1 to 63", id="label too long"),
        pytest.param("es 1", "letters, digits or hyphens", id="blank within"),
        pytest.param("https://es-1", "letters, digits or hyphens", id="an address of a page"),
        pytest.param("es-1:9200", "letters, digits or hyphens", id="with a port"),
        pytest.param("10.0.0.256", "as if it were an IP address", id="IPv4 with a slip"),
        pytest.param("fe80::1%eth0", "cannot be a DNS name", id="IPv6 with a zone"),
        pytest.param("[::1]", "cannot be a DNS name", id="IPv6 in brackets"),
        pytest.param("0.0.0.0", "every address", id="every IPv4 address"),  # noqa: S104 (it is refused)
        pytest.param("::", "every address", id="every IPv6 address"),
        pytest.param("*", "above two further parts", id="wildcard alone"),
        pytest.param("*.net", "above two further parts", id="wildcard above one label"),
        pytest.param("es-*.example.net", "the whole first part", id="wildcard within a label"),
        pytest.param("a.*.example.net", "the whole first part", id="wildcard not leftmost"),
        pytest.param("*.*.example.net", "the whole first part", id="two wildcards"),
    ],
)
def test_what_no_certificate_can_carry_is_refused(written, complaint):
    with pytest.raises(ValidationError) as refused:
        HOST.validate_python(written)
    assert complaint in str(refused.value)


def test_sans_are_sorted_without_doubles_and_apart():
    sans = Sans.from_hosts(["b.example", "10.0.0.10", "A.example", "10.0.0.9", "::1", "b.example.", "::0001"])
    assert (sans.dns, sans.ips) == (("a.example", "b.example"), ("10.0.0.9", "10.0.0.10", "::1"))
    assert str(sans) == "a.example, b.example, 10.0.0.9, 10.0.0.10, ::1"


def test_sans_of_a_spec_are_tidied_too():
    assert Sans(dns=("B.example", "a.example"), ips=("::0001",)) == Sans.from_hosts(["a.example", "b.example", "::1"])


def test_an_address_among_the_dns_names_is_refused():
    with pytest.raises(ValidationError, match="as if it were an IP address"):
        Sans(dns=("10.0.0.1",))


def test_a_name_among_the_addresses_is_refused():
    with pytest.raises(ValidationError, match="not an IP address"):
        Sans(ips=("es-1",))


def test_a_bad_host_is_an_error_that_names_the_setting():
    with pytest.raises(ConfigurationRefused) as refused:
        Sans.from_hosts(["es_1"], where="nodes[0].names")
    assert (refused.value.where, "underscore" in refused.value.why) == ("nodes[0].names", True)


@pytest.mark.parametrize(
    ("names", "dialled", "covered"),
    [
        pytest.param(["es.example.net"], "es.example.net", True, id="the very name"),
        pytest.param(["es.example.net"], "ES.Example.NET", True, id="in another case"),
        pytest.param(["es.example.net"], "es.example.net.", True, id="with the final dot"),
        pytest.param(["es.example.net"], "es", False, id="only its first label"),
        pytest.param(["es.example.net"], "a.es.example.net", False, id="a name below it"),
        pytest.param(["*.example.net"], "es.example.net", True, id="one label under a wildcard"),
        pytest.param(["*.example.net"], "a.es.example.net", False, id="two labels under a wildcard"),
        pytest.param(["*.example.net"], "example.net", False, id="the wildcard's parent"),
        pytest.param(["*.example.net"], ".example.net", False, id="no label under a wildcard"),
        pytest.param(["*.example.net"], "*.example.net", True, id="the wildcard as it stands"),
        pytest.param(["*.es.example.net"], "*.example.net", False, id="a wildcard above the one that is there"),
        pytest.param(["*.b.example.net"], "*.b.example.net", True, id="a wanted wildcard"),
        pytest.param(["10.0.0.1"], "10.0.0.1", True, id="the very address"),
        pytest.param(["2001:db8::1"], "2001:0db8:0:0::0001", True, id="an address by value"),
        pytest.param(["10.0.0.1"], "::ffff:10.0.0.1", True, id="an IPv4 address within IPv6"),
        pytest.param(["10.0.0.1"], "10.0.0.2", False, id="another address"),
        pytest.param(["10.0.0.1"], "es", False, id="a name where only an address is"),
        pytest.param(["es"], "10.0.0.1", False, id="an address where only a name is"),
        pytest.param([], "es", False, id="no names"),
        pytest.param(["es"], "", False, id="nothing dialled"),
    ],
)
def test_covering_a_host(names, dialled, covered):
    assert Sans.from_hosts(names).covers(dialled) is covered


def test_an_address_is_never_covered_by_a_dns_name_that_looks_like_it():
    found = Sans.as_found(dns=["10.0.0.1", "*.0.0.1"], ips=[])
    assert not found.covers("10.0.0.1")


def test_names_found_in_a_certificate_of_others_are_shown_and_not_refused():
    found = Sans.as_found(dns=["ES_1", "*"], ips=[ipaddress.ip_address("::1")])
    assert (found.dns, found.ips) == (("*", "es_1"), ("::1",))


@given(st.lists(st.one_of(dns_names, ips), max_size=8))
def test_every_host_that_was_asked_for_is_covered(hosts):
    sans = Sans.from_hosts(hosts)
    assert all(sans.covers(host) for host in hosts)


@given(st.lists(st.one_of(dns_names, ips), max_size=8), st.randoms())
def test_the_order_of_hosts_makes_no_difference(hosts, random):
    shuffled = [*hosts, *hosts]
    random.shuffle(shuffled)
    assert Sans.from_hosts(shuffled) == Sans.from_hosts(hosts)


@given(st.lists(st.one_of(dns_names, ips), max_size=8))
def test_sans_come_back_from_json_as_they_were(hosts):
    sans = Sans.from_hosts(hosts)
    assert Sans.model_validate_json(sans.model_dump_json()) == sans
