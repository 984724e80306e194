"""What Elasticsearch says when it does not start, in an operator's words.

Each row was read off a real node (docs/decisions names the version); the first match wins, so that the most
telling text stands first.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from components.errors import CommandFailed

STARTUP_LINE = re.compile(r"\bversion\[[^\]]+\], pid\[")
"""The first line that a node logs at each start."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One text of Elasticsearch's, and what it means.

    Attributes:
        pattern: regular expression over the log; its groups fill `{0}`, `{1}` … in the texts.
        cause: what is wrong.
        next_step: what to do.
        citation: where Elastic's docs or sources say so.
        passes: whether it goes away by itself within a minute or two.
    """

    pattern: re.Pattern[str]
    cause: str
    next_step: str
    citation: str
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Decoded:
    """A cause and what to do about it; `passes` tells whether waiting is enough."""

    cause: str
    next_step: str
    passes: bool = False


def _row(pattern: str, cause: str, next_step: str, citation: str, *, passes: bool = False) -> Symptom:
    return Symptom(re.compile(pattern, re.DOTALL), cause, next_step, citation, passes)


SYMPTOMS: tuple[Symptom, ...] = (
    _row(
        r"Provided keystore password was incorrect|"
        r"Enter password for the elasticsearch keystore|Elasticsearch keystore password: ",
        "elasticsearch.keystore is protected by a password, and the node did not get the right one",
        "name the file with the right password (ES_KEYSTORE_PASSPHRASE_FILE) as `machine.keystore_password_file`, or "
        "remove the password with `elasticsearch-keystore passwd`",
        "deploy-manage/security/secure-settings",
    ),
    _row(
        r"\[(?P<layer>xpack\.security\.\w+\.ssl)\][^\n]*cannot read configured \[[^\]]+\] keystore[^\[]*\[([^\]]*)\] "
        r"because the file does not exist",
        "{layer}: there is no key file {1} (`keystore.path` or `truststore.path`)",
        "run `up` again: it writes the file anew",
        "libs/ssl-config StoreKeyConfig",
    ),
    _row(
        r"\[(?P<layer>xpack\.security\.\w+\.ssl)\][^\n]*cannot read configured \[[^\]]+\] keystore[^\[]*\[([^\]]*)\]"
        r" - this is usually caused by an incorrect password",
        "{layer}: the password in the keystore (`keystore.secure_password` or that of the truststore) does not open "
        "{1}",
        "run `up` again: it writes the file and its password anew",
        "libs/ssl-config StoreKeyConfig",
    ),
    _row(
        r"\[(?P<layer>xpack\.security\.\w+\.ssl)\][^\n]*cannot read configured \[[^\]]+\] keystore[^\[]*\[([^\]]*)\] "
        r"because access to read the file is blocked",
        "{layer}: Elasticsearch may not read {1} (`keystore.path` or `truststore.path`), since it is outside the "
        "config folder",
        "keep TLS files in the node's config folder (ES_PATH_CONF)",
        "libs/ssl-config; entitlements",
    ),
    _row(
        r"\[(?P<layer>xpack\.security\.\w+\.ssl)\][^\n]*cannot read configured \[[^\]]+\] keystore[^\[]*\[([^\]]*)\]",
        "{layer}: the key file {1} (`keystore.path` or `truststore.path`) is damaged, or is no PKCS#12 file",
        "run `up` again: it writes the file anew; if it is damaged again, check the disk and what else writes there",
        "libs/ssl-config StoreKeyConfig",
    ),
    _row(
        r"\[(?P<layer>xpack\.security\.\w+\.ssl)\][^\n]*cannot read configured PEM [a-z_ ]+ \[([^\]]*)\] because the "
        r"file does not exist",
        "{layer}: there is no file {1} (`key`, `certificate` or `certificate_authorities`)",
        "run `up` again: it writes the file anew",
        "libs/ssl-config PemKeyConfig",
    ),
    _row(
        r"\[(?P<layer>xpack\.security\.\w+\.ssl)\][^\n]*cannot load PEM private key from \[([^\]]*)\] due to "
        r"InvalidKeySpecException",
        "{layer}: the passphrase in the keystore (`secure_key_passphrase`) does not open {1}",
        "run `up` again: it writes the file and its passphrase anew",
        "libs/ssl-config PemUtils",
    ),
    _row(
        r"\[(?P<layer>xpack\.security\.\w+\.ssl)\] - (?:Error parsing Private Key|cannot (?:read configured|load) PEM "
        r"[a-z_ ]+) \[([^\]]*)\]",
        "{layer}: {1} (`key`, `certificate` or `certificate_authorities`) is damaged, or is no PEM file",
        "run `up` again: it writes the file anew; if it is damaged again, check the disk and what else writes there",
        "libs/ssl-config PemUtils",
    ),
    _row(
        r"the truststore \[([^\]]*)\] does not contain any trusted certificate entries",
        "the trust file {0} holds no trusted certificate",
        "use the trust file that `up` writes, or one that `keytool -list` shows as trustedCertEntry",
        "libs/ssl-config StoreTrustConfig",
    ),
    _row(
        r"the PKCS12 keystore \[([^\]]*)\] ?does not contain a private key entry",
        "the key file {0} holds no private key that Elasticsearch can read",
        "run `up` again: it writes the file anew",
        "libs/ssl-config StoreKeyConfig",
    ),
    _row(
        r"cannot specify both \[([^\]]*)\] and \[([^\]]*)\]",
        "elasticsearch.yml has both `{0}` and `{1}`, and only one may be there",
        "remove the one that is not the stack's from elasticsearch.yml",
        "libs/ssl-config SslConfigurationLoader",
    ),
    _row(
        r"unknown secure setting \[([^\]]*)\]",
        "the keystore has the entry `{0}`, which Elasticsearch does not know",
        "remove it with `elasticsearch-keystore remove {0}`, or correct its name",
        "deploy-manage/security/secure-settings",
    ),
    _row(
        r"unknown setting \[([^\]]*)\]",
        "elasticsearch.yml has the setting `{0}`, which Elasticsearch does not know",
        "correct or remove that line of elasticsearch.yml",
        "deploy-manage/deploy/self-managed/configure-elasticsearch",
    ),
    _row(
        r"\[([\w.]+\.ssl\.enabled)\] is not set, but the following settings have been configured in ([\w.]+)",
        "{1} has settings beside `{0}`, and `{0}` itself is missing",
        "set `{0}` or remove those settings",
        "x-pack SSLService",
    ),
    _row(
        r"bootstrap check failure \[\d+\] of \[\d+\]: Transport SSL must be enabled if security is enabled",
        "security is on, transport TLS is off (`xpack.security.transport.ssl.enabled`), and the node is in production "
        "mode",
        "use scenario `basic` or higher",
        "deploy-manage/deploy/self-managed/bootstrap-checks",
    ),
    _row(
        r"bootstrap check failure \[1\] of \[\d+\]: ([^\n]*?)(?:; for more information|\n|$)",
        "a bootstrap check fails: {0}",
        "mend what the check names on this machine",
        "deploy-manage/deploy/self-managed/bootstrap-checks",
    ),
    _row(
        r"failed to obtain node locks",
        "another process of this node is still running, starting or ending",
        "wait until it is up or gone, or stop it; then run again",
        "NodeEnvironment",
        passes=True,  # a node that was told to stop removes its pid file first, and lets go of its data last
    ),
    _row(
        r"will not overwrite keystore[^\n]*changing the file owner",
        "the keystore belongs to another user than the one who runs the command",
        "set `machine.user` in the stack file to the user that Elasticsearch runs as",
        "KeyStoreWrapper",
    ),
    _row(
        r"Cannot assign requested address",
        "the node is to bind to an address that this machine does not have",
        "correct `network.host` in elasticsearch.yml, or `bind` of that node in the stack file",
        "networking settings",
    ),
    _row(
        r"Address already in use",
        "a port of the node is used by another process",
        "find that process, or change `http.port` / `transport.port`",
        "networking settings",
    ),
    _row(
        r"No subject alternative (?:DNS )?names? (?:matching|present)[^\n]*|No name matching \S+ found",
        "a certificate does not name the address by which its node is reached, and "
        "`xpack.security.transport.ssl.verification_mode` is `full`",
        "add the address to `names` of that node in the stack file",
        "troubleshoot/elasticsearch/security/trb-security-sslhandshake",
    ),
    _row(
        r"PKIX path (?:building|validation) failed|unable to find valid certification path",
        "a peer's certificate is not signed by a CA that this node trusts "
        "(`xpack.security.transport.ssl.certificate_authorities`)",
        "make sure that every node of the cluster is in the stack file, then run `up` again",
        "troubleshoot/elasticsearch/security/trb-security-sslhandshake",
    ),
    _row(
        r"certificate_required|Empty client certificate chain",
        "a peer presents no certificate that is accepted (`xpack.security.transport.ssl.client_authentication`)",
        "make sure that every node of the cluster is in the stack file, then run `up` again",
        "troubleshoot/elasticsearch/security/trb-security-sslhandshake",
    ),
    _row(
        r"not an SSL/TLS record|received plaintext traffic on an encrypted channel",
        "a peer speaks plain text to a transport layer that speaks TLS (`xpack.security.transport.ssl.enabled`)",
        "make sure that every node of the cluster is in the stack file and was restarted",
        "troubleshoot/elasticsearch/security/trb-security-ssl",
    ),
    _row(
        r"invalid internal transport message format|SSL/TLS request received but SSL/TLS is not enabled",
        "a peer speaks TLS to a transport layer that speaks plain text (`xpack.security.transport.ssl.enabled`)",
        "make sure that every node of the cluster is in the stack file and was restarted",
        "troubleshoot/elasticsearch/security/trb-security-ssl",
    ),
)


def since_last_start(log: str) -> str:
    """Return the part of a log that the last start wrote; all of it where no start is in it."""
    starts = [match.start() for match in STARTUP_LINE.finditer(log)]
    return log[log.rfind("\n", 0, starts[-1]) + 1 :] if starts else log


def known(*texts: str) -> Decoded | None:
    """Return the cause that a node's words name; None where no row knows them.

    Args:
        texts: what a command printed, and what the node logged since its last start.
    """
    said = "\n".join(texts)
    for symptom in SYMPTOMS:
        match = symptom.pattern.search(said)
        if match:
            named = {key: value or "" for key, value in match.groupdict().items()}
            positional = [value or "" for value in match.groups()]
            cause, next_step = (text.format(*positional, **named) for text in (symptom.cause, symptom.next_step))
            return Decoded(cause, next_step, symptom.passes)
    return None


def decode(*texts: str) -> Decoded:
    """Return the cause that a node's words name, or their last line where no row knows them.

    Args:
        texts: what a command printed, and what the node logged since its last start.
    """
    found = known(*texts)
    if found is not None:
        return found
    said = "\n".join(texts)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "ERROR" in line or "exception" in line.lower()] or lines
    return Decoded(
        f"Elasticsearch said: {telling[-1][:400]}" if telling else "Elasticsearch said nothing",
        "look at the node's log for more",
    )


@contextmanager
def in_an_operators_words() -> Iterator[None]:
    """Tell what a command of Elasticsearch's said in an operator's words, where a row knows it.

    Raises:
        CommandFailed: the command failed.
    """
    try:
        yield
    except CommandFailed as error:
        found = known(error.why)
        if found is None:
            raise
        raise CommandFailed(error.what, where=error.where, why=found.cause, next_step=found.next_step) from error
