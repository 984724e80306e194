"""A stand-in for the one call of GitLab's API that `docs/pipelines.md` makes: a note on a merge request."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

PROJECT, MERGE_REQUEST, NOTES_TOKEN = "4", "7", "token-of-notes"
NOTES = f"/api/v4/projects/{PROJECT}/merge_requests/{MERGE_REQUEST}/notes"


@contextmanager
def notes_api():
    """Run what takes a comment as GitLab does; yield its address and the comments."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), strict_parsing=True)
            good = self.path == NOTES and self.headers["PRIVATE-TOKEN"] == NOTES_TOKEN and set(body) == {"body"}
            taken.extend(body["body"] if good else [])
            self.send_response(201 if good else 400)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v4", taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
