"""A port is called through a connection that another process of `ssh` holds, without a process for it.

It is what `ssh -W` asks of that process. Source: OpenSSH, PROTOCOL.mux and mux.c (the port is sent as a number).
"""

import socket
import struct
from pathlib import Path

VERSION = 4
HELLO, FORWARD = 0x00000001, 0x10000008
OPENED, DENIED, FAILED = 0x80000006, 0x80000002, 0x80000003
REQUEST = 1
LARGEST = 65536
"""Bytes of an answer; there is none as large."""


class NotSpoken(Exception):
    """The other process is gone, or does not speak as PROTOCOL.mux says."""


class Refused(Exception):
    """The other process could not call the port; its text says why, as far as it knows."""


def call(control: Path, host: str, port: int, seconds: float) -> tuple[socket.socket, socket.socket]:
    """Return one end of a stream to the port, and what has to stay open as long as the stream.

    Args:
        control: the socket that the other process listens on (`ControlPath`).
        host: whom the machine at the other end of the connection is to call.
        port: likewise.
        seconds: within which it has to be called.

    Raises:
        NotSpoken: it has to be tried in another way.
        Refused: the port could not be called.
        TimeoutError: it was not called in time.
    """
    asking = socket.socket(socket.AF_UNIX)
    asking.settimeout(seconds)
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            _ask(asking, control, host, port, theirs.fileno())
        _take_answer(asking)
    except BaseException as error:
        ours.close()
        asking.close()
        if isinstance(error, TimeoutError) or not isinstance(error, (OSError, struct.error)):
            raise
        raise NotSpoken(str(error)) from error
    return ours, asking


def has_ended(asking: socket.socket) -> bool:
    """Tell whether the other process has let go of a stream, by what had to stay open as long."""
    asking.setblocking(False)
    try:
        while asking.recv(LARGEST):
            continue
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _ask(asking: socket.socket, control: Path, host: str, port: int, stream: int) -> None:
    asking.connect(str(control))
    asking.sendall(_packet(HELLO, struct.pack(">I", VERSION)))
    kind, body = _answer(asking)
    if kind != HELLO or struct.unpack_from(">I", body) != (VERSION,):
        raise NotSpoken("another version")
    asking.sendall(_packet(FORWARD, struct.pack(">I", REQUEST) + _text("") + _text(host) + struct.pack(">I", port)))
    for _ in ("what it reads", "what it writes"):
        socket.send_fds(asking, [b"\0"], [stream])


def _take_answer(asking: socket.socket) -> None:
    kind, body = _answer(asking)
    if kind in (DENIED, FAILED):
        (length,) = struct.unpack_from(">I", body, 4)
        raise Refused(body[8 : 8 + length].decode(errors="replace"))
    if kind != OPENED:
        raise NotSpoken(f"answer {kind:#x}")


def _packet(kind: int, body: bytes) -> bytes:
    return struct.pack(">II", 4 + len(body), kind) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">I", len(encoded)) + encoded


def _answer(asking: socket.socket) -> tuple[int, bytes]:
    (length,) = struct.unpack(">I", _exactly(asking, 4))
    if not 4 <= length <= LARGEST:
        raise NotSpoken("no packet")
    body = _exactly(asking, length)
    return struct.unpack_from(">I", body)[0], body[4:]


def _exactly(asking: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        more = asking.recv(length - len(found))
        if not more:
            raise NotSpoken("it hung up")
        found += more
    return found
