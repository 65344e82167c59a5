"""A page on another site than the server's, as a notebook's is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


@contextmanager
def serve_other_site(page: Callable[[str], str]) -> Iterator[str]:
    """The address of a site whose pages are what `page` makes of their path."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f'<link rel="icon" href="data:,">{page(self.path)}'.encode())

        def log_message(self, *arguments: object) -> None:
            """Nothing on the terminal."""

    site = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{site.server_address[1]}"  # another name is another site
    finally:
        site.shutdown()
        site.server_close()
