"""A port is called through the process of `ssh` that holds a connection; here a stand-in answers in its place.

What a real one answers is in `test_ssh_target.py`.
"""

import socket
import struct
import threading
from contextlib import contextmanager, suppress

import pytest

from components.nodes.multiplexed import DENIED, FAILED, FORWARD, HELLO, OPENED, NotSpoken, Refused, call, has_ended

OURS = struct.pack(">III", 8, HELLO, 4)


def refusal(kind):
    reason = b"Session open refused by peer"
    return struct.pack(">IIII", 12 + len(reason), kind, 1, len(reason)) + reason


@contextmanager
def answering(folder, hello, answer):
    """Answer one call at a socket in the folder; yield its path and what was asked."""
    path, asked = folder / "control", []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def answer_one():
            talking, _ = listening.accept()
            with talking:
                talking.sendall(hello)
                asked.append(talking.recv(12, socket.MSG_WAITALL))
                if not answer:
                    with suppress(ConnectionResetError):  # it leaves without reading all of it
                        talking.recv(1000)
                    return
                (length,) = struct.unpack(">I", talking.recv(4, socket.MSG_WAITALL))
                asked.append(talking.recv(length, socket.MSG_WAITALL))
                streams = [socket.recv_fds(talking, 1, 1)[1][0] for _ in range(2)]
                with socket.socket(fileno=streams[0]) as stream, socket.socket(fileno=streams[1]):
                    talking.sendall(answer)
                    if answer.startswith(struct.pack(">II", 12, OPENED)):
                        stream.sendall(b"the port says " + stream.recv(100))

        thread = threading.Thread(target=answer_one)
        thread.start()
        yield path, asked
        thread.join()


def test_a_port_is_called_and_what_it_says_comes_through(tmp_path):
    with answering(tmp_path, OURS, struct.pack(">IIII", 12, OPENED, 1, 7)) as (path, asked):
        stream, held = call(path, "es-1.example.net", 9300, 5)
        with stream, held:
            assert not has_ended(held)
            stream.sendall(b"hello")
            assert stream.recv(100) == b"the port says hello"
            assert stream.recv(100) == b""
            while not has_ended(held):
                continue
    hello, request = asked
    assert hello == OURS
    assert request[:4] == struct.pack(">I", FORWARD)
    assert request.endswith(b"es-1.example.net" + struct.pack(">I", 9300))


@pytest.mark.parametrize("kind", [DENIED, FAILED])
def test_a_port_that_cannot_be_called_is_told_in_the_words_of_the_other_process(tmp_path, kind):
    with answering(tmp_path, OURS, refusal(kind)) as (path, _), pytest.raises(Refused, match="Session open refused"):
        call(path, "127.0.0.1", 9300, 5)


@pytest.mark.parametrize(
    "hello",
    [struct.pack(">III", 8, HELLO, 5), struct.pack(">III", 8, FORWARD, 4), struct.pack(">II", 4, HELLO), b"SSH-2.0-x"],
    ids=["another version", "no hello", "no version", "no packet"],
)
def test_whoever_does_not_speak_so_is_called_in_another_way(tmp_path, hello):
    with answering(tmp_path, hello, b"") as (path, _), pytest.raises(NotSpoken, match=r"version|packet|unpack"):
        call(path, "127.0.0.1", 9300, 5)


def test_an_answer_that_is_not_known_and_nobody_at_all_are_called_in_another_way(tmp_path):
    with answering(tmp_path, OURS, struct.pack(">II", 4, HELLO)) as (path, _), pytest.raises(NotSpoken):
        call(path, "127.0.0.1", 9300, 5)
    with pytest.raises(NotSpoken):
        call(tmp_path / "nothing", "127.0.0.1", 9300, 5)


def test_a_port_that_does_not_answer_is_not_waited_for(tmp_path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "control"))
        silent.listen()
        with pytest.raises(TimeoutError):
            call(tmp_path / "control", "127.0.0.1", 9300, 0.05)
