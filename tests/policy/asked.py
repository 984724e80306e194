"""Resources as a program asks for them, as far as policies look."""

from policies.table import policies
from policies.view import Resource

CERTIFICATE, AUTHORITY = "essecurity:pki:Certificate", "essecurity:pki:CertificateAuthority"
REQUEST = "essecurity:pki:CertificateRequest"
SETTINGS, KIBANA = "essecurity:settings:NodeSettings", "essecurity:clients:KibanaSettings"


def resource(kind, stack="prod", name="any", **inputs):
    return Resource(kind, name, stack, inputs)


def node_settings(stack="prod", **settings):
    content = {"settings": {key.replace("__", "."): value for key, value in settings.items()}, "absent": []}
    return resource(SETTINGS, stack, "es-1-settings", node={"name": "es-1"}, content=content)


def policy(name):
    return next(each for each in policies() if each.name == name)


def found(name, asked, **configured):
    """Return what one policy says of one resource."""
    return policy(name).violations(asked, configured)


def places(name, asked, **configured):
    return [violation.where for violation in found(name, asked, **configured)]
