"""Where Kibana is and how it is reached: what the operator writes, and what travels to the plugin."""

from urllib.parse import urlsplit

from pydantic import Field, StrictBool, field_validator

from components.nodes.spec import Machine, NodeName, Port
from components.nodes.ssh_spec import SshSpec
from components.pki.sans import Host, canonical_host
from components.values import Spec, Wire

KIBANA_USER = "kibana_system"
"""Whom Kibana logs in as; nobody logs in to Kibana as that user. Source: set-up-minimal-security."""


def host_of(url: str) -> str:
    """Return the host name or IP address in a URL."""
    return urlsplit(url).hostname or ""


class KibanaSpec(Spec):
    """One Kibana of the cluster. In paths, ``{name}`` stands for its name."""

    name: NodeName = Field(description="What this Kibana is called here.")
    address: Host = Field(description="Host name or IP address where Kibana listens.")
    port: Port = Field(5601, description="The port where it listens, as in its `server.port`.")
    public_url: str | None = Field(
        None, description="What people type in a browser (`server.publicBaseUrl`); its host is in Kibana's certificate."
    )
    names: tuple[Host, ...] = Field(
        (), description="Further host names or IP addresses that Kibana's certificate must carry as SANs."
    )
    home: str = Field(description="`KIBANA_HOME`: the folder with `bin/kibana-keystore`.")
    config: str | None = Field(
        None, description="`KBN_PATH_CONF`: the folder with `kibana.yml`. Default: `config` in `home`."
    )
    user: str | None = Field(None, description="The user that Kibana runs as. Default: the owner of the folder.")
    pid_file: str | None = Field(
        None,
        description="Where Kibana writes its process id. Default: `pid.file` in `kibana.yml`; where that is missing it "
        "is set to this, or to `kibana.pid` in `config` if Kibana's user owns that folder.",
    )
    own_certificate: StrictBool = Field(
        False,
        description="Leave `server.ssl.*` in `kibana.yml` as it is: Kibana serves a certificate of your own, or a "
        "proxy does. With `false` and `basic-https` it serves one of the HTTP CA.",
    )
    restart: tuple[str, ...] = Field(
        (),
        description="The command that restarts Kibana, word by word, such as `[systemctl, restart, kibana]`. "
        "Without it, a plan says when to restart Kibana by hand.",
    )
    ssh: SshSpec | None = Field(
        None,
        description="How its machine is reached by SSH; `{}` takes every default. Default: it is this machine.",
    )
    strict_transport_security: StrictBool = Field(
        False,
        description="Let Kibana tell browsers to use HTTPS for its whole host name, for a year (HSTS).",
    )

    @field_validator("public_url")
    @classmethod
    def _can_be_typed(cls, text: str | None) -> str | None:
        """Refuse what is no URL for browsers. Source: kibana general-settings, server.publicBaseUrl."""
        found = urlsplit(text or "https://any")
        if found.scheme not in ("http", "https") or not found.hostname or found.query or found.fragment:
            raise ValueError("write what people type, such as https://kibana.example.net")
        if "@" in found.netloc or (text or "").endswith("/"):
            raise ValueError("write it without a login, and without a slash at its end")
        canonical_host(found.hostname)
        return text


class Kibana(Wire):
    """A Kibana with every default filled in, as the plugin gets it."""

    name: str
    address: str
    port: int
    public_url: str | None = None
    machine: Machine
    restart: tuple[str, ...] = ()
    own_certificate: bool = False


class KibanaPaths:
    """Names of our files in Kibana's config folder; they never change, and none is a name of Elastic's tools."""

    SETTINGS = "kibana.yml"
    KEYSTORE = "kibana.keystore"
    TRUST_FILE = "certs/http-trust.pem"
    KEY_FILE = "certs/kibana-key.pem"
