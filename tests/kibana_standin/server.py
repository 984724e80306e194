"""The stand-in's server: logs in to Elasticsearch over and over, and says at `/api/status` how that went."""

import argparse
import base64
import json
import os
import signal
import ssl
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.kibana_standin.settings import Invalid, Settings, read

CHECK_EVERY = 0.3
"""Seconds between two looks at Elasticsearch; Kibana's own `elasticsearch.healthCheck.delay` is 2.5 s."""
INVALID_CONFIGURATION = 78


class Kibana:
    """A running stand-in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.settings = folder, read(folder)
        self.trust = self.settings.client_context()
        self.level, self.summary = "unavailable", "Status not yet reported"

    def watch_elasticsearch(self) -> None:
        while True:
            found = self._look()
            if found != self.summary:
                log(f"elasticsearch: {found or 'logged in'}")
            self.level, self.summary = ("critical" if found else "available"), found
            time.sleep(CHECK_EVERY)

    def _look(self) -> str:
        """Log in at every host; return why that does not work at the first one that refuses."""
        user, password = self.settings["elasticsearch.username"], self.settings["elasticsearch.password"]
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        refusals = []
        for host in self.settings["elasticsearch.hosts"]:
            try:
                status, body = self._ask(host, {"Authorization": f"Basic {login}"} if user else {})
            except (OSError, HTTPException) as error:
                refusals.append(f"{host}: {error}")
                continue
            if status != 200:
                return f"{host}: status {status}"
            if user and json.loads(body)["username"] != user:
                return f"{host}: another user"
            return ""
        return "; ".join(refusals)

    def _ask(self, url: str, headers: dict[str, str]) -> tuple[int, bytes]:
        place = urlsplit(url)
        if self.trust is not None:
            connection: HTTPConnection = HTTPSConnection(place.hostname, place.port, timeout=5, context=self.trust)
        else:
            connection = HTTPConnection(place.hostname, place.port, timeout=5)
        try:
            connection.request("GET", "/_security/_authenticate", headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def reload(self, server: "Server") -> None:
        """Do what SIGHUP does: kibana.yml and the files of `server.ssl` again, and nothing else."""
        log("Reloading Kibana configuration (reason: SIGHUP signal received).")
        again = read(self.folder, self.settings.secure)
        if server.context is not None and again.tls:
            server.context = again.server_context()
        log("Reloaded Kibana configuration (reason: SIGHUP signal received).")


class Server(ThreadingHTTPServer):
    """Serves plain HTTP or TLS; the certificate of new connections may be another than that of old ones."""

    daemon_threads = True

    def __init__(self, kibana: Kibana, settings: Settings) -> None:
        self.kibana = kibana
        self.context = settings.server_context() if settings.tls else None
        super().__init__((settings["server.host"] or "localhost", settings["server.port"]), Answer)

    def finish_request(self, request, client_address):
        if self.context is not None:
            request.settimeout(10)
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        log(f"http: {sys.exc_info()[1]}")


class Answer(BaseHTTPRequestHandler):
    """Answers a browser, as far as the stand-in can."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kibana = self.server.kibana
        ready = kibana.level == "available"
        body = b"Kibana server is not ready yet."
        if self.path == "/api/status":
            body = json.dumps({"status": {"overall": {"level": kibana.level}}}).encode()
        self.send_response(200 if ready else 503)
        header = kibana.settings["server.securityResponseHeaders.strictTransportSecurity"]
        if header:
            self.send_header("strict-transport-security", header)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def log(text: str) -> None:
    print(text, flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("bin/kibana")
    parser.add_argument("--allow-root", action="store_true")
    if os.geteuid() == 0 and not parser.parse_args(arguments).allow_root:
        print("Kibana should not be run as root.  Use --allow-root to continue.", file=sys.stderr)
        return 1
    folder = Path(os.environ["KBN_PATH_CONF"])
    try:
        kibana = Kibana(folder)
        server = Server(kibana, kibana.settings)
    except (Invalid, OSError, ssl.SSLError, ValueError) as error:
        print(f"FATAL  {error}", file=sys.stderr)
        return INVALID_CONFIGURATION
    pid_file = Path(kibana.settings["pid.file"]) if kibana.settings["pid.file"] else None
    if pid_file:
        pid_file.write_text(str(os.getpid()))
    hang_up, end = threading.Event(), threading.Event()
    signal.signal(signal.SIGHUP, lambda *_: hang_up.set())
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    threading.Thread(target=kibana.watch_elasticsearch, daemon=True).start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    status = _run(kibana, server, hang_up, end)
    if pid_file:
        pid_file.unlink(missing_ok=True)
    return status


def _run(kibana: Kibana, server: Server, hang_up: threading.Event, end: threading.Event) -> int:
    while not end.wait(0.05):
        if not hang_up.is_set():
            continue
        hang_up.clear()
        try:
            kibana.reload(server)
        except (Invalid, OSError, ssl.SSLError, ValueError) as error:
            log(f"FATAL  {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
