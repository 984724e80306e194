"""ACLs of files, as the kernel keeps them. Source: linux/posix_acl_xattr.h, acl(5)."""

import os
import struct
from pathlib import Path

import pytest

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
OWNER, USER, GROUP, MASK, OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20
NOBODY = 65534
_ANY, _VERSION = 0xFFFFFFFF, 2
READABLE_BY_ALL = ((OWNER, 7), (USER, 5), (GROUP, 5), (MASK, 5), (OTHERS, 5))
"""As `setfacl -d -m u:nobody:rX` makes it of a folder with mode 0755."""
READABLE_BY_NOBODY_TOO = ((OWNER, 6), (USER, 4), (GROUP, 4), (MASK, 4), (OTHERS, 0))
"""As `setfacl -m u:nobody:r` makes it of a file with mode 0640."""


def give(path: Path, kind: str, entries: tuple[tuple[int, int], ...]) -> Path:
    """Give a file or a folder an ACL, in which a user that is named is nobody."""
    packed = (struct.pack("<HHI", tag, may, NOBODY if tag == USER else _ANY) for tag, may in entries)
    try:
        os.setxattr(path, kind, struct.pack("<I", _VERSION) + b"".join(packed))
    except OSError as error:
        pytest.skip(f"needs a file system with ACLs: {error.strerror}")
    return path


def has_one(path: Path) -> bool:
    """Tell whether a file gives more rights than its mode says."""
    return ACCESS in os.listxattr(path)
