"""Subjects of certificates. An authority's carries its generation, so that any certificate tells who signed it."""

import hashlib
import re

from components.pki.spec import Layer

LONGEST_COMMON_NAME = 64
"""Octets of UTF-8. RFC 5280 appendix A.1 (ub-common-name) counts characters, some libraries octets: keep both."""

_WORDS = {Layer.TRANSPORT: "transport CA", Layer.HTTP: "HTTP CA"}
_GENERATION = re.compile(rf".*(?:{'|'.join(_WORDS.values())}) g([1-9][0-9]*)", re.ASCII | re.DOTALL)
_DIGEST_LENGTH = 10


def authority_subject(cluster: str, layer: Layer, generation: int) -> str:
    """Return the common name of an authority, such as ``logs transport CA g1``; at most 64 octets."""
    suffix = f" {_WORDS[layer]} g{generation}"
    return _shortened(cluster, LONGEST_COMMON_NAME - len(suffix)) + suffix


def generation_of(subject: str) -> int | None:
    """Return the generation that an authority's common name carries; None for an authority that is not ours."""
    match = _GENERATION.fullmatch(subject)
    return int(match[1]) if match else None


def common_name(name: str) -> str:
    """Return a node's or a client's name as a common name; at most 64 octets."""
    return _shortened(name, LONGEST_COMMON_NAME)


def _shortened(name: str, room: int) -> str:
    """Cut a name that does not fit, and put a digest of the whole at its end, so that no two become one."""
    octets = name.encode()
    if len(octets) <= room:
        return name
    digest = hashlib.sha256(octets).hexdigest()[:_DIGEST_LENGTH]
    return f"{octets[: room - _DIGEST_LENGTH - 1].decode(errors='ignore')}~{digest}"
