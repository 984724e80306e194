"""What a machine grants a process of the node's user: a question to it, and how its answer is read.

Source: deploy-manage/deploy/self-managed/bootstrap-checks; the numbers and words are those of Elasticsearch 9.5.3.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

QUESTION = ("cat", "/proc/self/limits", "/proc/sys/vm/max_map_count")
"""Asked as the node's user: what the command may, the node may that is started the same way."""
UNLIMITED = None
_ROW = re.compile(r"^(Max [a-z ]+?) {2,}(\S+) +(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may.

    Attributes:
        user: whose process.
        open_files: files it may open; the JVM raises itself to the hard limit. None for unlimited, here and below.
        threads: threads of that user.
        address_space: bytes it may map.
        file_size: bytes of its longest file.
        memory_maps: the kernel's `vm.max_map_count`.
    """

    user: str
    open_files: int | None
    threads: int | None
    address_space: int | None
    file_size: int | None
    memory_maps: int | None

    def too_low(self, settings: Mapping[str, object]) -> tuple[str, ...]:
        """Return what Elasticsearch says of the limits that are too low, in its own words.

        Args:
            settings: the node's settings; without mapped files it needs no memory maps.
        """
        return tuple(self._too_low(maps_files=settings.get("node.store.allow_mmap", "true") == "true"))

    def _too_low(self, *, maps_files: bool) -> Iterator[str]:
        of, least = f"for user [{self.user}] is too low, increase to", "is too low, increase to at least"
        if self.open_files is not None and self.open_files < 65_535:
            yield f"max file descriptors [{self.open_files}] for elasticsearch process {least} [65535]"
        if self.threads is not None and self.threads < 4_096:
            yield f"max number of threads [{self.threads}] {of} at least [4096]"
        if self.address_space is not None:
            yield f"max size virtual memory [{self.address_space}] {of} [unlimited]"
        if self.file_size is not None:
            yield f"max file size [{self.file_size}] {of} [unlimited]"
        if maps_files and self.memory_maps is not None and self.memory_maps < 262_144:
            yield f"max virtual memory areas vm.max_map_count [{self.memory_maps}] {least} [262144]"


def read_limits(answer: str, user: str) -> Limits:
    """Return the limits that the answer tells; what it does not tell counts as unlimited."""
    soft, hard = ({row[1]: _number(row[column]) for row in _ROW.finditer(answer)}.get for column in (2, 3))
    last = answer.rstrip().rpartition("\n")[2].strip()
    return Limits(
        user=user,
        open_files=hard("Max open files"),
        threads=soft("Max processes"),
        address_space=soft("Max address space"),
        file_size=soft("Max file size"),
        memory_maps=int(last) if last.isdecimal() else UNLIMITED,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else UNLIMITED
