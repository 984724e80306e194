"""TLS settings with which a node does not start, told in its words before it is started."""

import pytest

from components.settings.contradictions import contradictions
from components.settings.merge import flatten

H = "xpack.security.http.ssl."
FAILED = "failed to load SSL configuration"


def said(text, *secure):
    return [each.text.partition('"')[2].removesuffix('"') for each in contradictions(flatten(text, where="x"), secure)]


@pytest.mark.parametrize(
    ("text", "secure", "words"),
    [
        pytest.param("", (), [], id="nothing"),
        pytest.param(f"{H}enabled: false\n{H}keystore.path: a.p12\n", (), [], id="switched off"),
        pytest.param(f"{H}enabled: true\n{H}keystore.path: a.p12\n", (f"{H}keystore.secure_password",), [], id="on"),
        pytest.param(
            "xpack.security.http: {ssl: {verification_mode: full, keystore.path: a.p12}}\n",
            (),
            [
                "invalid configuration for xpack.security.http.ssl - [xpack.security.http.ssl.enabled] is not set, but "
                "the following settings have been configured in elasticsearch.yml : "
                f"[{H}keystore.path,{H}verification_mode]"
            ],
            id="no switch",
        ),
        pytest.param(
            "",
            ("keystore.seed", f"{H}keystore.secure_password"),
            [
                "invalid configuration for xpack.security.http.ssl - [xpack.security.http.ssl.enabled] is not set, but "
                f"the following settings have been configured in elasticsearch.yml : [{H}keystore.secure_password]"
            ],
            id="no switch, and something is left in the keystore",
        ),
        pytest.param(
            "xpack.security.transport.ssl.key: a.key\nxpack.security.transport.ssl.certificate: a.crt\n",
            (),
            [
                "invalid configuration for xpack.security.transport.ssl - [xpack.security.transport.ssl.enabled] is "
                "not set, but the following settings have been configured in elasticsearch.yml : "
                "[xpack.security.transport.ssl.certificate,xpack.security.transport.ssl.key]"
            ],
            id="no switch on the transport layer",
        ),
        pytest.param(
            f"{H}enabled: true\n{H}certificate_authorities: [a.crt]\n{H}truststore.path: a.p12\n",
            (),
            [
                f"{FAILED} [xpack.security.http.ssl] - cannot specify both "
                "[certificate_authorities] and [truststore.path]"
            ],
            id="two kinds of trust",
        ),
        pytest.param(
            "xpack.http.ssl.certificate: a.crt\nxpack.http.ssl.key: a.key\nxpack.http.ssl.keystore.path: a.p12\n",
            (),
            [f"{FAILED} [xpack.http.ssl] - cannot specify both [certificate] and [keystore.path]"],
            id="two kinds of key, in a client of the node",
        ),
        pytest.param(
            "xpack.http.ssl.certificate: a.crt\n",
            (),
            [f"{FAILED} [xpack.http.ssl] - cannot specify [certificate] without also setting [key]"],
            id="no key",
        ),
        pytest.param(
            "xpack.http.ssl.key: a.key\n",
            (),
            [f"{FAILED} [xpack.http.ssl] - cannot specify [key] without also setting [certificate]"],
            id="no certificate",
        ),
    ],
)
def test_what_cannot_stand_beside_each_other_is_told_in_elasticsearchs_words(text, secure, words):
    assert said(text, *secure) == words
    assert all(each.refuses for each in contradictions(flatten(text, where="x"), secure))
