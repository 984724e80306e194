"""A stand-in for the transit engine of a Vault, on loopback: it encrypts and decrypts what the engine sends.

Its cipher is none: it keeps what it was given under a number. Source: Vault's API documentation, secret/transit,
"Encrypt data" and "Decrypt data".
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Vault:
    """What was asked of it, and what it keeps."""

    def __init__(self) -> None:
        self.asked, self.kept, self.url = [], [], ""

    def answer(self, path: str, body: dict[str, str]) -> dict[str, str]:
        _, verb, key = path.rsplit("/", 2)
        self.asked.append((verb, key))
        if verb == "encrypt":
            self.kept.append(body["plaintext"])
            return {"ciphertext": f"vault:v1:{len(self.kept) - 1}"}
        return {"plaintext": self.kept[int(body["ciphertext"].rpartition(":")[2])]}


@contextmanager
def vault() -> Iterator[Vault]:
    """Run one until the block ends."""
    standin = Vault()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = json.dumps({"data": standin.answer(self.path, body)}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        standin.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield standin
        finally:
            server.shutdown()
            thread.join()
