"""A web site on loopback, made of what each path answers; it remembers what it was asked."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a path answers; a body that is a number of seconds comes a byte at a time, each after so long."""

    body: bytes | float = b""
    type: str = HTML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def page(text: str, *links: str, head: str = "", title: str = "", lang: str = "en") -> Reply:
    """Return a page that says `text` and leads to `links`."""
    anchors = "".join(f'<li><a href="{link}">more</a>' for link in links)
    head = f"<title>{title or text[:12]}</title>{head}"
    return Reply(f"<html lang={lang}><head>{head}</head><body><p>{text}</p><ul>{anchors}</ul>".encode())


def moved(to: str, status: int = 301) -> Reply:
    """Return a redirect."""
    return Reply(status=status, headers={"Location": to})


class Site:
    """Paths and their replies, which may change between two crawls; `asked` are the paths asked for."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.times: list[float] = []
        self.on_ask: Callable[[str], None] = lambda path: None
        self.url = ""

    @property
    def pages(self) -> list[str]:
        """The paths asked for, without robots.txt."""
        return [path for path in self.asked if path != "/robots.txt"]


@contextmanager
def served() -> Iterator[Site]:
    """Serve a site, which is empty."""
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.times.append(time.monotonic())
            site.agents.add(self.headers["User-Agent"])
            site.on_ask(self.path)
            reply = site.replies.get(self.path, Reply(status=404))
            self.send_response(reply.status)
            if reply.type:
                self.send_header("Content-Type", reply.type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if isinstance(reply.body, bytes):
                self.send_header("Content-Length", str(len(reply.body)))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            with suppress(OSError):  # the visitor may hang up
                self._send(reply.body)

        def _send(self, body: bytes | float) -> None:
            if isinstance(body, bytes):
                self.wfile.write(body)
                return
            self.close_connection = True
            for _ in range(1000):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
