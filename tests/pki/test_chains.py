from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from components.errors import ConfigurationRefused
from components.pki.chains import CHAIN_CHECKS, ChainView, chain_findings, ordered_chain
from components.pki.inspect import load_certificate
from components.pki.issue import renew_authority
from components.pki.profiles import CLIENT, HTTP, TRANSPORT, Profile, ProfileName
from tests.pki.makers import NOW, authority, ca, foreign, leaf, names, purposes, use

SERVER, CLIENT_AUTH = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
YEAR = timedelta(days=365)

root = foreign("Example Root", ca(), ends=NOW + 10 * YEAR)
policy = foreign("Example Policy CA", ca(1), signer=root, ends=NOW + 5 * YEAR)
issuing = foreign("Example Issuing CA", ca(0), signer=policy, ends=NOW + 3 * YEAR)
corporate = foreign("es-1", names("es-1.example.net"), purposes(SERVER, CLIENT_AUTH), signer=issuing)
stranger = foreign("Other CA", ca())

FINE = ChainView(
    leaf=corporate.certificate,
    intermediates=(issuing.certificate, policy.certificate),
    anchors=(root.certificate,),
    profile=TRANSPORT,
    hosts=("es-1.example.net",),
    now=NOW,
)


def by_issuing(*extensions, **dates):
    return replace(
        FINE, leaf=foreign("es-1", names("es-1.example.net"), *extensions, signer=issuing, **dates).certificate
    )


def reasons(view: ChainView) -> list[str]:
    return [found.reason for found in chain_findings(view)]


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(FINE, id="over two intermediates to the root"),
        pytest.param(replace(FINE, anchors=(stranger.certificate, root.certificate)), id="one anchor of two"),
        pytest.param(
            replace(FINE, intermediates=(), anchors=(issuing.certificate,)), id="an intermediate as the anchor"
        ),
        pytest.param(by_issuing(), id="no extendedKeyUsage at all"),
        pytest.param(by_issuing(purposes(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)), id="any purpose"),
        pytest.param(by_issuing(use("digital_signature")), id="no more use than signing"),
        pytest.param(replace(by_issuing(purposes(SERVER)), profile=HTTP), id="a server on the HTTP layer"),
        pytest.param(replace(FINE, profile=HTTP), id="both purposes on the HTTP layer"),
        pytest.param(replace(FINE, hosts=()), id="no host is asked for"),
        pytest.param(
            ChainView(
                load_certificate(leaf().certificate_pem),
                (),
                (load_certificate(authority().certificate_pem),),
                TRANSPORT,
                ("es-1.example.net", "10.0.0.1"),
                NOW,
            ),
            id="our own",
        ),
    ],
)
def test_a_good_chain_has_no_finding(view):
    assert reasons(view) == []


@pytest.mark.parametrize(
    ("view", "reason", "words"),
    [
        pytest.param(
            by_issuing(purposes(SERVER)),
            "PurposeMissing",
            "lacks clientAuth in its extendedKeyUsage (serverAuth); a transport certificate",
            id="a server's certificate on the transport layer",
        ),
        pytest.param(
            by_issuing(purposes(CLIENT_AUTH)),
            "PurposeMissing",
            "lacks serverAuth",
            id="a client's on the transport layer",
        ),
        pytest.param(
            replace(by_issuing(purposes(SERVER)), profile=CLIENT), "PurposeMissing", "lacks clientAuth", id="no client"
        ),
        pytest.param(
            by_issuing(purposes(ObjectIdentifier("1.2.3.4"))),
            "PurposeMissing",
            "lacks clientAuth, serverAuth in its extendedKeyUsage (1.2.3.4)",
            id="other purposes",
        ),
        pytest.param(
            by_issuing(use("key_encipherment")), "SignatureForbidden", "lacks digitalSignature", id="no signing"
        ),
        pytest.param(by_issuing(ca()), "LeafIsAuthority", "is a CA certificate", id="a CA in a leaf's place"),
        pytest.param(
            replace(FINE, hosts=("es-2.example.net", "10.0.0.1", "es-1.example.net")),
            "HostNotCovered",
            "'es-1' does not cover 10.0.0.1, es-2.example.net; its SANs are: es-1.example.net",
            id="names that are not there",
        ),
        pytest.param(
            by_issuing(ends=NOW - timedelta(days=2), begins=NOW - YEAR),
            "ChainExpired",
            "'es-1' expired on 2026-11-22 (2 days ago)",
            id="expired leaf",
        ),
        pytest.param(
            by_issuing(begins=NOW + timedelta(days=2)),
            "ChainNotYetValid",
            "'es-1' is valid from 2026-11-26 (in 2 days)",
            id="leaf from the future",
        ),
        pytest.param(
            replace(FINE, intermediates=(policy.certificate, issuing.certificate)),
            "ChainBroken",
            "'es-1' is not signed by the next one, 'Example Policy CA'",
            id="wrong order",
        ),
        pytest.param(
            replace(FINE, intermediates=(issuing.certificate,)),
            "NotTrusted",
            "'Example Issuing CA' is signed by 'Example Policy CA', which is not among the trusted: 'Example Root'",
            id="intermediate missing",
        ),
        pytest.param(
            replace(FINE, anchors=(stranger.certificate,)), "NotTrusted", "the trusted: 'Other CA'", id="another anchor"
        ),
        pytest.param(replace(FINE, anchors=()), "NotTrusted", "the trusted: nobody", id="no anchor"),
    ],
)
def test_one_mistake_is_one_finding_that_says_what_it_is(view, reason, words):
    found = {finding.reason: finding.message for finding in chain_findings(view)}
    assert words in found[reason]
    assert set(found) - {reason} <= {"NotTrusted", "PathTooLong"}, "what follows from it may be said too"


def test_an_expired_intermediate_is_found():
    old = foreign("Old CA", ca(), signer=root, begins=NOW - YEAR, ends=NOW - timedelta(hours=3))
    view = replace(FINE, leaf=foreign("es-1", names("es-1.example.net"), signer=old).certificate)
    (found,) = chain_findings(replace(view, intermediates=(old.certificate,)))
    assert found.message == "'Old CA' expired on 2026-11-24 (3 hours ago)"


def test_an_issuer_that_is_no_authority_is_found():
    signer = foreign("Not a CA", signer=root)
    view = replace(FINE, leaf=foreign("es-1", names("es-1.example.net"), signer=signer).certificate)
    assert reasons(replace(view, intermediates=(signer.certificate,))) == ["IssuerMayNotSign"]


def test_more_authorities_below_one_than_it_allows_are_found():
    narrow = foreign("Narrow CA", ca(0), signer=root)
    below = foreign("Below", ca(), signer=narrow)
    leaf_below = foreign("es-1", names("es-1.example.net"), signer=below)
    view = replace(FINE, leaf=leaf_below.certificate, intermediates=(below.certificate, narrow.certificate))
    assert reasons(view) == ["PathTooLong"]


def test_an_anchor_that_allows_no_authority_below_it_is_no_anchor_for_an_intermediate():
    narrow = foreign("Narrow Root", ca(0))
    below = foreign("Below", ca(), signer=narrow)
    view = replace(
        FINE,
        leaf=foreign("es-1", names("es-1.example.net"), signer=below).certificate,
        intermediates=(below.certificate,),
        anchors=(narrow.certificate,),
    )
    assert reasons(view) == ["NotTrusted"]


def test_a_leaf_as_anchor_is_no_anchor():
    signer = foreign("Not a CA")
    view = replace(FINE, leaf=foreign("es-1", names("es-1.example.net"), signer=signer).certificate)
    assert reasons(replace(view, intermediates=(), anchors=(signer.certificate,))) == ["NotTrusted"]


def test_our_http_leaf_does_not_open_the_transport_layer():
    made = leaf(profile=ProfileName.HTTP)
    view = ChainView(
        load_certificate(made.certificate_pem),
        (),
        (load_certificate(authority().certificate_pem),),
        TRANSPORT,
        (),
        NOW,
    )
    assert reasons(view) == ["PurposeMissing"]


def test_every_check_can_find_something():
    profile: Profile = TRANSPORT
    worst = ChainView(
        foreign("es-1", ca(), purposes(SERVER), use("key_cert_sign"), ends=NOW - timedelta(hours=1)).certificate,
        (stranger.certificate, foreign("Not a CA").certificate),
        (),
        profile,
        ("es-1",),
        NOW,
    )
    assert len(reasons(worst)) == len(CHAIN_CHECKS)


CHAIN = (issuing.certificate, policy.certificate)


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([issuing, policy, root], id="in order, with the root"),
        pytest.param([root, policy, issuing], id="the other way round"),
        pytest.param([policy, issuing], id="without the root"),
        pytest.param([policy, issuing, policy, issuing, root], id="with doubles"),
        pytest.param([corporate, policy, issuing], id="with the leaf itself"),
    ],
)
def test_a_chain_is_sent_in_order_and_without_its_root(others):
    assert ordered_chain(corporate.certificate, [other.certificate for other in others]) == CHAIN


def test_a_leaf_of_a_root_is_sent_alone_also_when_the_root_was_renewed():
    renewed = renew_authority(authority(), valid_for="10y", now=NOW + YEAR)
    both = [load_certificate(one.certificate_pem) for one in (authority(), renewed)]
    assert ordered_chain(load_certificate(leaf().certificate_pem), both) == ()


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([issuing, stranger], id="another root"),
        pytest.param([policy, root], id="a gap right above the leaf"),
        pytest.param([foreign("es-2", signer=issuing)], id="another leaf"),
    ],
)
def test_a_chain_with_strangers_is_refused(others):
    with pytest.raises(ConfigurationRefused, match="did not sign what is below it"):
        ordered_chain(corporate.certificate, [other.certificate for other in others])
