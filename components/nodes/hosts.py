"""What the text of an address says by itself: whether it is public, a wildcard, or none at all."""

import ipaddress
import re

from components.pki.sans import IpAddress

EVERY_ADDRESS = frozenset({"*", "0", "_all_"})
EVERY_PUBLIC_ADDRESS = frozenset({"_global_", "_global:ipv4_", "_global:ipv6_"})
LOOPBACK_NAMES = frozenset(
    {"localhost", *(f"_{name}{version}_" for name in ("local", "lo") for version in ("", ":ipv4", ":ipv6"))}
)
_SPECIAL = re.compile(r"_[A-Za-z0-9][A-Za-z0-9_.:-]*_")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")


def ip_of(text: str) -> IpAddress | None:
    """Return the IP address that a text is, with or without brackets; None for anything else.

    An IPv4 address mapped into IPv6 becomes IPv4, as in Java.
    """
    try:
        address = ipaddress.ip_address(bare(text))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def bare(text: str) -> str:
    """Return an address without blanks and brackets around it."""
    return text.strip().removeprefix("[").removesuffix("]")


def with_port(host: str, port: int) -> str:
    """Return a place as a person writes it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_public(text: str) -> bool:
    """Tell whether this is an address of the public internet."""
    address = ip_of(text)
    return address is not None and address.is_global and not address.is_multicast


def is_loopback(text: str) -> bool:
    """Tell whether this is an address of the machine itself, that no other machine can reach."""
    address = ip_of(text)
    return address.is_loopback if address is not None else text.strip().lower() in LOOPBACK_NAMES


def wildcard_meaning(bind: str) -> str:
    """Return what a value of `network.host` opens beyond one address; empty where it does not.

    Source: networking-settings (special values for network addresses).
    """
    word, address = bind.strip().lower(), ip_of(bind)
    if word in EVERY_ADDRESS or (address is not None and address.is_unspecified):
        return "every address of the machine"
    return "every public address of the machine" if word in EVERY_PUBLIC_ADDRESS else ""


def is_special(bind: str) -> bool:
    """Tell whether a value of `network.host` is one that Elasticsearch itself turns into addresses."""
    return _SPECIAL.fullmatch(bind.strip()) is not None


def is_bindable(bind: str) -> bool:
    """Tell whether a value has the form of one address, a host name, or a special value of Elasticsearch."""
    text = bind.strip()
    if is_special(text) or wildcard_meaning(text) or ip_of(text) is not None:
        return True
    return _NAME.fullmatch(text) is not None and not text.rpartition(".")[2].isdecimal()


def why_nobody_can_dial(address: str) -> str:
    """Return why no node can be reached at an address; empty where one can."""
    found = ip_of(address)
    if address.startswith("*"):
        return "a pattern"
    if found is None:
        return ""
    if found.is_multicast:
        return "an address of a group of machines"
    if isinstance(found, ipaddress.IPv4Address):
        return "an address that no machine can have" if found.is_reserved else ""
    return "an address that means something on one network cable only" if found.is_link_local else ""
