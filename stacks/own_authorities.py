"""Reading the files of the operator's own CAs and leaves: every mistake in one list, and keys in memory only."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import TypeAlias

from cryptography import x509

from components.errors import ConfigurationRefused
from components.findings import all_findings
from components.pki.foreign import JKS, Held, Holder, read_store
from components.pki.given import GivenLeaf, given_leaf
from components.pki.inspect import (
    common_name_of,
    distinct,
    is_authority,
    is_signed_by,
    load_certificate,
    parse_bundle,
    pem_of,
)
from components.pki.keys import load_private_key, pem_of_key, public_key_of
from components.pki.own import OWN_CHECKS, OwnAuthority, authority_elsewhere, own_authority, own_view
from components.pki.spec import GivenLeafSpec, Layer, OwnAuthoritySpec
from stacks.mistakes import Mistake
from stacks.model import StackModel
from stacks.own_authority_rules import own_specs

Certificates: TypeAlias = tuple[x509.Certificate, ...]
STORES = (b"\x30", JKS[:1])
"""How a PKCS#12 file begins, and a JKS file, which is refused by its name."""
RIGHT = "give a CA that may sign node leaves"


@dataclass(frozen=True, slots=True)
class FromFiles:
    """What the files of a stack hold.

    Attributes:
        own: the operator's own CAs.
        given: leaves that were signed elsewhere, by node and layer.
        remote: the CAs of remote clusters, as PEM, by the cluster's name.
    """

    own: Mapping[Layer, OwnAuthority] = field(default_factory=dict)
    given: Mapping[tuple[str, Layer], GivenLeaf] = field(default_factory=dict)
    remote: Mapping[str, str] = field(default_factory=dict)


def read_files(model: StackModel, root: Path, *, where: str) -> FromFiles:
    """Return the operator's own CAs and leaves, read; the CAs judged as well, as far as that takes no clock.

    Args:
        model: the stack file.
        root: the project's folder, to which relative paths are relative.
        where: the stack, for the error.

    Raises:
        ConfigurationRefused: with one line for each file that cannot be read or used.
    """
    found, mistakes = files_so_far(model, root)
    if mistakes:
        raise ConfigurationRefused(
            "a CA or a certificate that a file should hold cannot be used; nothing was touched"
            + "".join(f"\n    {one}" for one in mistakes),
            where=where,
            why="one of its files cannot be read, or does not hold what it must",
            next_step="correct each line above; docs/operations.md says what the files must hold",
        )
    return found


def files_so_far(model: StackModel, root: Path) -> tuple[FromFiles, Sequence[Mistake]]:
    """Return what could be read and used, and what is wrong with the rest; likewise."""
    own: dict[Layer, OwnAuthority] = {}
    given: dict[tuple[str, Layer], GivenLeaf] = {}
    mistakes: list[Mistake] = []
    for layer, spec in own_specs(model):
        path = f"authorities.{layer}.own"
        with _noted(path, mistakes):
            own[layer] = _authority(spec, root, layer)
            findings = all_findings(OWN_CHECKS, own_view(own[layer], layer))
            mistakes += [Mistake(path, f"{_file_of(spec)}: {found}", RIGHT) for found in findings]
        for index, leaf in enumerate(spec.leaves):
            if leaf.certificate is not None:
                with _noted(f"{path}.leaves[{index}]", mistakes):
                    found = _leaf(leaf, leaf.certificate, spec, root)
                    given[leaf.node, layer] = _between_nodes(found, own.get(layer), leaf.certificate, layer)
    remote: dict[str, str] = {}
    for index, cluster in enumerate(model.remote_clusters):
        with _noted(f"remote_clusters[{index}].authorities", mistakes):
            remote[cluster.name] = _authorities_pem(cluster.authorities, root)
    return FromFiles(own, given, remote), mistakes


def _authorities_pem(path: str, root: Path) -> str:
    """Read what is to be trusted beside our CA: certificates of CAs, and nothing else of what is in the file."""
    found = parse_bundle(_content(path, root), where=path)
    others = [common_name_of(one.subject) for one in found if not is_authority(one)]
    if others or not found:
        why = f"{others[0]!r} in it is no CA" if others else "there is no certificate in it"
        raise _refused(path, why, "give the PEM file with the CAs that sign its nodes' transport certificates")
    return "".join(map(pem_of, distinct(found)))


@contextmanager
def _noted(path: str, mistakes: list[Mistake]) -> Iterator[None]:
    """Note what is wrong with a file, and go on with the next."""
    try:
        yield
    except ConfigurationRefused as error:
        mistakes.append(Mistake(path, f"{error.where}: {error.why}", error.next_step))


def _authority(spec: OwnAuthoritySpec, root: Path, layer: Layer) -> OwnAuthority:
    """Read a CA; that a key file is PKCS#12 shows in its first byte, and whatever is not is read as PEM."""
    certificates = _certificates(spec.certificate, spec, root) if spec.certificate else ()
    if spec.key is None:
        with _of(_file_of(spec)):
            return authority_elsewhere(certificates, layer)
    content = _content(spec.key, root)
    held = _store(content, spec, spec.key)
    if held:
        key_pem, certificates = held.private_key_pem, (*held.certificates, *certificates)
    else:
        key_pem = _key(content, spec, spec.key)
    if not key_pem:
        raise _refused(spec.key, "there is no private key in it", "give the file with the CA's key")
    if not certificates:
        raise _refused(spec.key, "there is no certificate in it", "name the PEM file with it in `certificate`")
    with _of(_file_of(spec)):
        return own_authority(key_pem, distinct(certificates))


def _leaf(leaf: GivenLeafSpec, certificate: str, spec: OwnAuthoritySpec, root: Path) -> GivenLeaf:
    key_pem = _key(_content(leaf.key, root), spec, leaf.key) if leaf.key else ""
    with _of(certificate):
        return given_leaf(key_pem, _certificates(certificate, spec, root))


def _between_nodes(leaf: GivenLeaf, own: OwnAuthority | None, where: str, layer: Layer) -> GivenLeaf:
    """Return a leaf as nodes send it to each other: they bring the CA that signs, which no other one may stand for."""
    if layer is Layer.HTTP or own is None:
        return leaf
    if not own.is_at_hand and not is_signed_by(leaf.certificate_pem, own.certificate_pem):
        issuer = common_name_of(load_certificate(leaf.certificate_pem).issuer)
        raise _refused(
            where,
            f"it is signed by {issuer!r}, and `certificate` has {own.facts.subject!r}",
            "give the certificate that this CA signed, or name in `certificate` the one CA that signs for all nodes",
        )
    signing = public_key_of(load_certificate(own.certificate_pem))
    below = takewhile(lambda one: public_key_of(one) != signing, parse_bundle(leaf.chain_pem))
    return replace(leaf, chain_pem="".join(map(pem_of, below)))


def _key(content: bytes, spec: OwnAuthoritySpec, where: str) -> str:
    """Read a key; one in PEM without a passphrase does not mind the password of the others."""
    held = _store(content, spec, where)
    if held:
        if not held.private_key_pem:
            raise _refused(where, "there is no private key in it", "give the file with the key of this certificate")
        return held.private_key_pem
    password = _password(spec) if b"ENCRYPTED" in content else ""
    return pem_of_key(load_private_key(content.decode(errors="replace"), password or None, where=where))


def _certificates(path: str, spec: OwnAuthoritySpec, root: Path) -> Certificates:
    content = _content(path, root)
    held = _store(content, spec, path)
    return held.certificates if held else parse_bundle(content, where=path)


def _store(content: bytes, spec: OwnAuthoritySpec, where: str) -> Held | None:
    """Return what is in a PKCS#12 file; None where the first byte shows that it is none."""
    if content[:1] not in STORES:
        return None
    return read_store(content, _password(spec), where=where, holder=Holder.STACK_FILE)


@contextmanager
def _of(where: str) -> Iterator[None]:
    """Name the file of what does not fit together."""
    try:
        yield
    except ConfigurationRefused as error:
        raise _refused(where, error.why, error.next_step) from None


def _password(spec: OwnAuthoritySpec) -> str:
    return spec.password.get_secret_value() if spec.password else ""


def _content(path: str, root: Path) -> bytes:
    try:
        return (root / path).read_bytes()
    except OSError as error:
        raise _refused(
            str(path), str(error.strerror), "name a file that you may read, relative to the project"
        ) from None


def _file_of(spec: OwnAuthoritySpec) -> str:
    return spec.certificate or str(spec.key)


def _refused(where: str, why: str, next_step: str) -> ConfigurationRefused:
    return ConfigurationRefused("the file cannot be used", where=where, why=why, next_step=next_step)
