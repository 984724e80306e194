"""The door to Kibana's own API: how it is, as it tells anybody without a login."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from components.nodes.dialling import Dial, Stream, directly
from components.nodes.endpoint import trusting

REQUEST_TIMEOUT = 10.0
"""Seconds for one request; whoever may wait longer asks again."""
OK = 200
READY = frozenset({"available", "degraded"})
"""Levels with which Kibana answers 200; the others mean that it, or Elasticsearch behind it, cannot serve."""


@dataclass(frozen=True, slots=True)
class KibanaStatus:
    """What `GET /api/status` answered.

    Attributes:
        code: the HTTP status; 0 when there was no answer.
        level: the overall level, such as `available`; empty where the answer has none.
        refusal: why there was no answer.
        foreign: whether it was not asked, because it serves a certificate that is not ours to verify.
    """

    code: int
    level: str = ""
    refusal: str = ""
    foreign: bool = False

    @property
    def ready(self) -> bool:
        """Whether nothing is known against it: it serves, and has logged in to Elasticsearch."""
        return self.foreign or (self.code == OK and self.level in READY)

    def __str__(self) -> str:
        if self.foreign:
            return "it serves a certificate that is not ours, so it was not asked how it is"
        if not self.code:
            return f"/api/status is not answered: {self.refusal}"
        return f"/api/status says {self.level or 'nothing that is known'} (status {self.code})"


def kibana_status(host: str, port: int, authorities_pem: str | None, dial: Dial = directly) -> KibanaStatus:
    """Ask a Kibana how it is, over TLS where there are CAs to trust.

    Args:
        host: host name or IP address, which a leaf has to name.
        port: TCP port.
        authorities_pem: the CAs that may have signed what it serves; None for plain HTTP.
        dial: from where it is called.

    Raises:
        MachineUnreachable: its machine does not answer.
    """
    connection = HTTPConnection(host, port, timeout=REQUEST_TIMEOUT)
    try:
        connection.sock = _called(host, port, authorities_pem, dial)
        connection.request("GET", "/api/status", headers={"accept": "application/json"})
        answer = connection.getresponse()
        return KibanaStatus(answer.status, _level(answer.read()))
    except (OSError, HTTPException) as error:  # an error of TLS is an OSError too
        return KibanaStatus(0, refusal=str(error) or type(error).__name__)
    finally:
        connection.close()


def _called(host: str, port: int, authorities_pem: str | None, dial: Dial) -> Stream:
    found = dial(host, port)
    found.settimeout(REQUEST_TIMEOUT)
    return found if authorities_pem is None else trusting(authorities_pem).wrap_socket(found, server_hostname=host)


def _level(body: bytes) -> str:
    """Return the level in an answer. Source: kibana api, GET /api/status (redacted without a login)."""
    try:
        return str(json.loads(body)["status"]["overall"]["level"])
    except (ValueError, KeyError, TypeError):
        return ""
