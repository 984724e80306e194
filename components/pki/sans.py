"""Subject alternative names: the host names and IP addresses that a leaf vouches for.

Sources: RFC 5280 §4.2.1.6 (form), RFC 6125 §6.4 (matching); certutil takes IA5 names and valid addresses only.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field, field_validator

from components.errors import ConfigurationRefused
from components.values import Spec

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LONGEST_NAME = 253
_LEAST_LABELS_UNDER_WILDCARD = 2


def canonical_ip(text: str) -> str:
    """Return an IP address in its one canonical form; an IPv4 address mapped into IPv6 becomes IPv4, as in Java.

    Raises:
        ValueError: it is none, it has a zone, or it stands for "every address".
    """
    address = _ip(text)
    if address is None:
        raise ValueError(f"{text!r} is not an IP address (without port, brackets and zone)")
    if address.is_unspecified:
        raise ValueError(f"{text!r} means every address of a machine: name the address that others dial")
    return str(address)


def canonical_dns(text: str) -> str:
    """Return a host name in lower case and without the final dot; ``*`` may stand for the whole first label.

    Raises:
        ValueError: it cannot be a dNSName, or the wildcard is one that common clients do not accept.
    """
    name = text.strip().lower().removesuffix(".")
    problem = _dns_problem(name)
    if problem:
        raise ValueError(f"{text!r} cannot be a DNS name in a certificate: {problem}")
    return name


def canonical_host(text: str) -> str:
    """Return a host name or an IP address in its canonical form.

    Raises:
        ValueError: it is neither.
    """
    return canonical_dns(text) if _ip(text) is None else canonical_ip(text)


Host: TypeAlias = Annotated[str, AfterValidator(canonical_host)]
"""A host name (also a wildcard such as `*.example.net`) or an IP address, in canonical form."""


class Sans(Spec):
    """What a leaf vouches for; sorted and without doubles, so that equal sets are equal values."""

    dns: tuple[str, ...] = Field((), description="DNS names, also wildcards such as `*.example.net`.")
    ips: tuple[str, ...] = Field((), description="IP addresses.")

    @field_validator("dns")
    @classmethod
    def _tidy_dns(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({canonical_dns(name) for name in names}))

    @field_validator("ips")
    @classmethod
    def _tidy_ips(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        return _sorted_ips(canonical_ip(address) for address in addresses)

    @classmethod
    def from_hosts(cls, hosts: Iterable[str], *, where: str = "names of a certificate") -> "Sans":
        """Return the SANs for host names and IP addresses as an operator writes them, mixed.

        Args:
            hosts: host names and IP addresses in any order.
            where: the setting they come from, for the error.

        Raises:
            ConfigurationRefused: one of them is neither.
        """
        try:
            canonical = {canonical_host(host) for host in hosts}
        except ValueError as error:
            raise ConfigurationRefused(
                "a certificate cannot carry this name",
                where=where,
                why=str(error),
                next_step="correct the name; write an international name in its ASCII form, which starts with xn--",
            ) from None
        return cls(
            dns=tuple(host for host in canonical if _ip(host) is None),
            ips=tuple(host for host in canonical if _ip(host) is not None),
        )

    @classmethod
    def as_found(cls, dns: Iterable[str], ips: Iterable[Any]) -> "Sans":
        """Return the SANs found in a certificate, which may be names that we would not issue."""
        names = tuple(sorted({name.lower() for name in dns}))
        return cls.model_construct(dns=names, ips=_sorted_ips(str(address) for address in ips))

    def covers(self, host: str) -> bool:
        """Tell whether a client that dials ``host`` finds it here.

        Names compare without regard to case, a wildcard stands for exactly one label, and an IP address only
        ever matches an IP address, by value. Source: RFC 6125 §6.4 and §B.2.
        """
        address = _ip(host)
        if address is not None:
            return str(address) in self.ips
        name = host.lower().removesuffix(".")
        _, _, parent = name.partition(".")
        return name in self.dns or bool(parent and not name.startswith(("*", ".")) and f"*.{parent}" in self.dns)

    def __str__(self) -> str:
        return ", ".join((*self.dns, *self.ips)) or "no names"

    def hosts(self) -> frozenset[str]:
        """Return every name and address."""
        return frozenset((*self.dns, *self.ips))


def _sorted_ips(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(addresses), key=_ip_order))


def _ip_order(text: str) -> tuple[int, int]:
    address = ipaddress.ip_address(text)
    return address.version, int(address)


def _ip(text: str) -> IpAddress | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return None if address.scope_id else address.ipv4_mapped or address
    return address


def _dns_problem(name: str) -> str:
    """Say why a lower-case name cannot be a dNSName; an empty text when it can."""
    if not name.isascii():
        return "it must be ASCII; write the IDNA form of an international name, which starts with xn--"
    if not name or len(name) > _LONGEST_NAME:
        return f"it must have 1 to {_LONGEST_NAME} characters"
    labels = name.split(".")
    if labels[-1].isdigit():
        return "its last part is a number, as if it were an IP address"
    wildcard, plain = labels[0] == "*", labels[1:] if labels[0] == "*" else labels
    if any("*" in label for label in plain):
        return "a wildcard must be the whole first part, as in *.example.net"
    if wildcard and len(plain) < _LEAST_LABELS_UNDER_WILDCARD:
        return "OpenSSL accepts a wildcard only above two further parts, as in *.example.net"
    return next((_label_problem(label) for label in plain if not _LABEL.fullmatch(label)), "")


def _label_problem(label: str) -> str:
    return (
        f"the part {label!r} must have 1 to 63 letters, digits or hyphens, "
        "and no hyphen at its ends (an underscore is not allowed)"
    )
