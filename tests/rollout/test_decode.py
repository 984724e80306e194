"""What Elasticsearch says when it does not start, as it really says it, and what an operator is told of it.

The texts are those of a real node (9.5.3, on JDK 25), cut where a line goes on with what nobody needs.
"""

import pytest

from components.rollout.decode import SYMPTOMS, decode, since_last_start

BOOT = "[2026-11-23T22:39:50,737][ERROR][o.e.b.Elasticsearch      ] [n1] fatal exception while booting Elasticsearch"
SSL = f"{BOOT}org.elasticsearch.ElasticsearchSecurityException: failed to load SSL configuration "
STORE = "cannot read configured [PKCS12] keystore (as a truststore) [/etc/es/certs/http-key.p12]"
ENDED = "ERROR: Elasticsearch did not exit normally - check the logs at /var/log/es/logs.log"
PEER = (
    "[2026-11-23T22:31:15,494][WARN ][o.e.t.TcpTransport       ] [n2] exception caught on transport layer "
    "[Netty4TcpChannel{localAddress=/127.0.0.1:46694, remoteAddress=/127.0.0.1:19401, profile=default}], closing "
    "connectionio.netty.handler.codec.DecoderException: "
)
PLAIN_PEER = (
    "[2026-11-23T22:31:15,494][WARN ][o.e.t.TcpTransport       ] [n1] exception caught on transport layer "
    "[Netty4TcpChannel{localAddress=/127.0.0.1:19401, remoteAddress=/127.0.0.1:46694, profile=default}], closing "
    "connection"
)
CHECKS = "https://www.elastic.co/docs/deploy-manage/deploy/self-managed/bootstrap-checks?version=9.5"

UNNAMED = (
    "a certificate does not name the address by which its node is reached, and "
    "`xpack.security.transport.ssl.verification_mode` is `full`"
)
UNTRUSTED = (
    "a peer's certificate is not signed by a CA that this node trusts "
    "(`xpack.security.transport.ssl.certificate_authorities`)"
)
UNACCEPTED = "a peer presents no certificate that is accepted (`xpack.security.transport.ssl.client_authentication`)"

NO_PEM = (
    "xpack.security.http.ssl: /etc/es/certs/{}.pem (`key`, `certificate` or `certificate_authorities`) is damaged, or "
    "is no PEM file"
)

REAL = {
    "Provided keystore password": (
        "ERROR: java.lang.SecurityException: Provided keystore password was incorrect\n"
        "  caused by: java.io.IOException: javax.crypto.AEADBadTagException: Tag mismatch",
        "elasticsearch.keystore is protected by a password, and the node did not get the right one",
    ),
    "because the file does not exist": (
        f"{SSL}[xpack.security.http.ssl] - {STORE} because the file does not exist\n"
        "Caused by: java.nio.file.NoSuchFileException: /etc/es/certs/http-key.p12",
        "xpack.security.http.ssl: there is no key file /etc/es/certs/http-key.p12 (`keystore.path` or "
        "`truststore.path`)",
    ),
    "incorrect password": (
        f"{SSL}[xpack.security.http.ssl] - {STORE} - this is usually caused by an incorrect password; "
        "(a keystore password was provided)\nCaused by: java.io.IOException: keystore password was incorrect",
        "xpack.security.http.ssl: the password in the keystore (`keystore.secure_password` or that of the truststore) "
        "does not open /etc/es/certs/http-key.p12",
    ),
    "access to read the file is blocked": (
        f"{SSL}[xpack.security.http.ssl] - {STORE} because access to read the file is blocked; SSL resources should "
        "be placed in the [/etc/es] directory",
        "xpack.security.http.ssl: Elasticsearch may not read /etc/es/certs/http-key.p12 (`keystore.path` or "
        "`truststore.path`), since it is outside the config folder",
    ),
    r"keystore[^\[]*\[([^\]]*)\]": (
        f"{SSL}[xpack.security.transport.ssl] - {STORE}\nCaused by: java.io.EOFException",
        "xpack.security.transport.ssl: the key file /etc/es/certs/http-key.p12 (`keystore.path` or `truststore.path`) "
        "is damaged, or is no PKCS#12 file",
    ),
    "cannot read configured PEM": (
        f"{SSL}[xpack.security.http.ssl] - cannot read configured PEM private key [/etc/es/certs/http-key.pem] because "
        "the file does not exist\nCaused by: java.nio.file.NoSuchFileException: /etc/es/certs/http-key.pem",
        "xpack.security.http.ssl: there is no file /etc/es/certs/http-key.pem (`key`, `certificate` or "
        "`certificate_authorities`)",
    ),
    "cannot load PEM private key": (
        f"{SSL}[xpack.security.http.ssl] - cannot load PEM private key from [/etc/es/certs/http-key.pem] due to "
        "InvalidKeySpecException (Cannot retrieve the PKCS8EncodedKeySpec)",
        "xpack.security.http.ssl: the passphrase in the keystore (`secure_key_passphrase`) does not open "
        "/etc/es/certs/http-key.pem",
    ),
    "Error parsing Private Key": (
        f"{SSL}[xpack.security.http.ssl] - Error parsing Private Key [/etc/es/certs/http-key.pem], file is empty",
        NO_PEM.format("http-key"),
    ),
    "does not contain any trusted certificate entries": (
        f"{SSL}[xpack.security.transport.ssl] - the truststore [/etc/es/t.p12] does not contain any trusted "
        "certificate entries",
        "the trust file /etc/es/t.p12 holds no trusted certificate",
    ),
    "does not contain a private key entry": (
        f"{SSL}[xpack.security.transport.ssl] - the PKCS12 keystore [/etc/es/t.p12]does not contain a private key "
        "entry",
        "the key file /etc/es/t.p12 holds no private key that Elasticsearch can read",
    ),
    "cannot specify both": (
        f"{SSL}[xpack.security.transport.ssl] - cannot specify both [certificate_authorities] and [truststore.path]",
        "elasticsearch.yml has both `certificate_authorities` and `truststore.path`, and only one may be there",
    ),
    "unknown secure setting": (
        f"{BOOT}java.lang.IllegalArgumentException: unknown secure setting "
        "[xpack.security.http.ssl.keystore.secure_passwort] did you mean any of "
        "[xpack.security.http.ssl.keystore.secure_password, xpack.security.http.ssl.keystore.secure_key_password]?",
        "the keystore has the entry `xpack.security.http.ssl.keystore.secure_passwort`, which Elasticsearch does not "
        "know",
    ),
    r"unknown setting \[": (
        f"{BOOT}java.lang.IllegalArgumentException: unknown setting [xpack.security.enabledd] did you mean any of "
        "[xpack.security.enabled, xpack.security.audit.enabled]?",
        "elasticsearch.yml has the setting `xpack.security.enabledd`, which Elasticsearch does not know",
    ),
    r"is not set, but the following settings": (
        f"{BOOT}org.elasticsearch.ElasticsearchSecurityException: invalid configuration for xpack.security.http.ssl - "
        "[xpack.security.http.ssl.enabled] is not set, but the following settings have been configured in "
        "elasticsearch.yml : [xpack.security.http.ssl.keystore.path,xpack.security.http.ssl.keystore.secure_password]",
        "elasticsearch.yml has settings beside `xpack.security.http.ssl.enabled`, and "
        "`xpack.security.http.ssl.enabled` itself is missing",
    ),
    "Transport SSL must be enabled": (
        "bootstrap check failure [1] of [1]: Transport SSL must be enabled if security is enabled. Please set "
        "[xpack.security.transport.ssl.enabled] to [true] or disable security by setting [xpack.security.enabled] to "
        f"[false]; for more information see [{CHECKS}#bootstrap-checks-tls]",
        "security is on, transport TLS is off (`xpack.security.transport.ssl.enabled`), and the node is in production "
        "mode",
    ),
    r"bootstrap check failure \[1\]": (
        "bootstrap check failure [1] of [2]: max file descriptors [20000] for elasticsearch process is too low, "
        f"increase to at least [65535]; for more information see [{CHECKS}#bootstrap-checks-file-descriptor]\n"
        "bootstrap check failure [2] of [2]: max virtual memory areas vm.max_map_count [65530] is too low, increase "
        f"to at least [262144]; for more information see [{CHECKS}#bootstrap-checks-max-map-count]",
        "a bootstrap check fails: max file descriptors [20000] for elasticsearch process is too low, increase to at "
        "least [65535]",
    ),
    "failed to obtain node locks": (
        f"{BOOT}java.lang.IllegalStateException: failed to obtain node locks, tried [/var/lib/es]; maybe these "
        "locations are not writable or multiple nodes were started on the same data path?",
        "another process of this node is still running, starting or ending",
    ),
    "will not overwrite keystore": (
        "ERROR: java.lang.IllegalStateException: will not overwrite keystore at [/etc/es/elasticsearch.keystore], "
        "because this incurs changing the file owner",
        "the keystore belongs to another user than the one who runs the command",
    ),
    "Cannot assign requested address": (
        f"{BOOT}org.elasticsearch.transport.BindTransportException: Failed to bind to 10.9.9.9:[9300-9400]\n"
        "Caused by: java.net.BindException: Cannot assign requested address",
        "the node is to bind to an address that this machine does not have",
    ),
    "Address already in use": (
        f"{BOOT}org.elasticsearch.transport.BindTransportException: Failed to bind to 127.0.0.1:9300\n"
        "Caused by: java.net.BindException: Address already in use",
        "a port of the node is used by another process",
    ),
    "No subject alternative names": (
        f"{PEER}javax.net.ssl.SSLHandshakeException: (certificate_unknown) No subject alternative names matching IP "
        "address 127.0.0.1 found",
        UNNAMED,
    ),
    "PKIX path": (
        f"{PEER}javax.net.ssl.SSLHandshakeException: (certificate_unknown) PKIX path building failed: "
        "sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to "
        "requested target",
        UNTRUSTED,
    ),
    "certificate_required": (
        f"{PEER}javax.net.ssl.SSLHandshakeException: (certificate_required) Received fatal alert: certificate_required",
        UNACCEPTED,
    ),
    "not an SSL/TLS record": (
        f"{PLAIN_PEER}io.netty.handler.codec.DecoderException: io.netty.handler.ssl.NotSslRecordException: "
        "not an SSL/TLS record: 455300000039000000000000000108000003",
        "a peer speaks plain text to a transport layer that speaks TLS (`xpack.security.transport.ssl.enabled`)",
    ),
    "invalid internal transport message format": (
        f"{PLAIN_PEER}java.io.StreamCorruptedException: invalid internal transport message format, got (16,3,3,1)",
        "a peer speaks TLS to a transport layer that speaks plain text (`xpack.security.transport.ssl.enabled`)",
    ),
}


def row_for(text):
    """Return the first row that knows a text."""
    return next(symptom for symptom in SYMPTOMS if symptom.pattern.search(text))


@pytest.mark.parametrize(("text", "cause"), REAL.values(), ids=list(REAL))
def test_what_a_real_node_says_is_told_in_an_operators_words(text, cause):
    assert decode(text, ENDED).cause == cause


def test_every_row_has_a_real_text_and_every_text_a_row_of_its_own():
    assert [row_for(text) for text, _ in REAL.values()] == list(SYMPTOMS)


@pytest.mark.parametrize("name", REAL)
def test_what_to_do_next_is_said_without_a_gap(name):
    next_step = decode(REAL[name][0]).next_step
    assert next_step
    assert "{" not in next_step
    assert "`elasticsearch-keystore remove `" not in next_step


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda symptom: symptom.pattern.pattern[:40])
def test_every_row_says_where_elastic_says_so(symptom):
    assert symptom.citation.strip()
    assert symptom.cause.strip()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        pytest.param(
            f"{PEER}javax.net.ssl.SSLHandshakeException: (certificate_unknown) No subject alternative names present",
            UNNAMED,
            id="a certificate without any name",
        ),
        pytest.param(
            f"{PEER}javax.net.ssl.SSLHandshakeException: (certificate_unknown) No subject alternative DNS name "
            "matching es-2.example.net found.",
            UNNAMED,
            id="a certificate without this host name",
        ),
        pytest.param(
            f"{PEER}javax.net.ssl.SSLHandshakeException: (certificate_required) Empty client certificate chain",
            UNACCEPTED,
            id="an empty chain",
        ),
        pytest.param(
            "Enter password for the elasticsearch keystore : ERROR: java.lang.IllegalStateException: unable to read "
            "from standard input; is standard input open and a tty attached?, with exit code 1",
            REAL["Provided keystore password"][1],
            id="a keystore with a password, asked for by its own command",
        ),
        pytest.param(
            "Elasticsearch keystore password: ERROR: java.io.IOException: the keystore has a password, and standard "
            "input has none, with exit code 1",
            REAL["Provided keystore password"][1],
            id="a keystore with a password, asked for at the start",
        ),
        pytest.param(
            f"{SSL}[xpack.security.http.ssl] - cannot load PEM certificate_authorities from "
            "[/etc/es/certs/http-leaf.pem] due to CertificateException (No certificate data found)",
            NO_PEM.format("http-leaf"),
            id="a leaf that is no PEM file",
        ),
        pytest.param(
            f"{SSL}[xpack.security.http.ssl] - cannot read configured PEM private key [/etc/es/certs/http-key.pem] - "
            "Malformed PEM file, PEM footer is invalid or missing",
            NO_PEM.format("http-key"),
            id="a key in PEM that is cut off",
        ),
        pytest.param(
            "received plaintext traffic on an encrypted channel, closing connection Netty4TcpChannel{localAddress=/x}",
            REAL["not an SSL/TLS record"][1],
            id="a plain peer",
        ),
        pytest.param(
            "SSL/TLS request received but SSL/TLS is not enabled on this node, got (16,3,1,2), "
            "[Netty4TcpChannel{localAddress=/x}], closing connection",
            REAL["invalid internal transport message format"][1],
            id="a peer with TLS",
        ),
        pytest.param(
            f"{BOOT}org.elasticsearch.http.BindHttpException: Failed to bind to 127.0.0.1:9200\n"
            "Caused by: java.net.BindException: Address already in use",
            "a port of the node is used by another process",
            id="the port of the HTTP layer",
        ),
    ],
)
def test_the_same_cause_in_other_words_is_known_too(text, cause):
    assert decode(text).cause == cause


def test_a_bootstrap_check_that_only_warns_is_not_taken_for_the_cause():
    """On loopback the checks are not enforced, and the node goes on; then its HTTP port is taken."""
    warning = (
        "[2026-11-23T22:41:19,396][WARN ][o.e.b.BootstrapChecks    ] [n1] Transport SSL must be enabled if security is "
        "enabled. Please set [xpack.security.transport.ssl.enabled] to [true] or disable security by setting "
        "[xpack.security.enabled] to [false]"
    )
    text, cause = REAL["Address already in use"]
    assert decode(f"{warning}\n{text}", ENDED).cause == cause


def test_the_first_row_that_matches_wins_whatever_the_order_of_the_texts():
    peers, fatal = REAL["PKIX path"][0], REAL["incorrect password"]
    assert decode(peers, fatal[0]).cause == decode(fatal[0], peers).cause == fatal[1]


def test_of_a_key_file_the_most_telling_reason_is_told():
    password = REAL["incorrect password"]
    assert decode(f"{SSL}[xpack.security.http.ssl] - {STORE}\n{password[0]}").cause == password[1]


def test_only_a_process_that_is_still_ending_goes_away_by_itself():
    assert [symptom.citation for symptom in SYMPTOMS if symptom.passes] == ["NodeEnvironment"]
    assert decode(REAL["failed to obtain node locks"][0]).passes
    assert not decode(REAL["PKIX path"][0]).passes
    assert not decode("something else").passes


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        pytest.param(
            ("starting", "[WARN ] x\njava.lang.OutOfMemoryError: Java heap space exception\nbye"),
            "java.lang.OutOfMemoryError: Java heap space exception",
            id="the last line that names an error",
        ),
        pytest.param((f"first\n{ENDED}", "  \n"), ENDED, id="of the start command"),
        pytest.param(("ERROR: first\nERROR: second\nnothing more",), "ERROR: second", id="the last of several"),
        pytest.param(("first\n  last  \n\n",), "last", id="where none names an error, the last line"),
    ],
)
def test_where_no_row_knows_the_text_the_last_telling_line_is_repeated(texts, line):
    decoded = decode(*texts)
    assert decoded.cause == f"Elasticsearch said: {line}"
    assert decoded.next_step == "look at the node's log for more"


def test_silence_is_called_silence():
    assert decode("", " \n\n").cause == "Elasticsearch said nothing"


def test_a_line_without_an_end_is_not_repeated_as_a_whole():
    assert len(decode(f"ERROR {'x' * 5000}").cause) < 450


START = "[2026-11-24T04:00:00,000][INFO ][o.e.n.Node               ] [n1] version[9.5.3], pid[{}], build[tar/367ec3/x]"


def test_only_what_the_last_start_wrote_counts():
    before = f"{START.format(1)}\n{REAL['PKIX path'][0]}\n"
    after = f"{START.format(2)}\n{BOOT}\n"
    assert since_last_start(before + after) == after


def test_the_causes_of_an_earlier_start_are_not_told_again():
    unknown = REAL[r"unknown setting \["]
    log = f"{START.format(1)}\n{REAL['incorrect password'][0]}\n{START.format(2)}\n{unknown[0]}\n"
    assert decode("", ENDED, since_last_start(log)).cause == unknown[1]
    assert decode("", ENDED, log).cause == REAL["incorrect password"][1]


@pytest.mark.parametrize("log", ["", "a line\nanother", "version 9.5.3 is fine\n"])
def test_a_log_without_any_start_counts_as_a_whole(log):
    assert since_last_start(log) == log


def test_a_log_that_begins_with_its_only_start_counts_as_a_whole():
    log = f"{START.format(1)}\nstarted\n"
    assert since_last_start(log) == log
