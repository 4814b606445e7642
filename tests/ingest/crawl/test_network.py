"""Requests that end: in time, at a size, and never inside."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from core.errors import DocumentError
from ingest.crawl.network import Client, Unreachable, is_public
from tests.ingest.crawl.web import Reply, Site, served


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as site:
        yield site


def get(url: str, seconds: float = 5, allow_private: bool = True) -> bytes:
    with Client(seconds, 1, allow_private) as client:
        return client.get(url).body


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1%eth0",
        "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::7f00:1",
        "2002:7f00:1::", "64:ff9b::a9fe:a9fe", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_a_host_inside_is_not_connected_to(site: Site, host: str) -> None:
    port = site.url.rpartition(":")[2]
    with pytest.raises(DocumentError, match="not on the public Internet; add --allow-private"):
        get(f"http://{host}:{port}/", allow_private=False)
    assert site.asked == []


def test_the_address_that_was_judged_is_the_one_connected_to(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server may answer otherwise each time it is asked: it is asked once."""
    port = int(site.url.rpartition(":")[2])
    answers = iter(["198.51.100.7", "127.0.0.1"])
    asked = []

    def rebinding(host: str, *arguments: Any, **options: Any) -> list[Any]:
        asked.append(host)
        address = host if host[0].isdigit() else next(answers)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr("socket.getaddrinfo", rebinding)
    monkeypatch.setattr("ingest.crawl.network.is_public", lambda address: not address.startswith("127."))
    with pytest.raises(Unreachable):
        get(f"http://rebinding.test:{port}/", seconds=0.5, allow_private=False)
    with pytest.raises(DocumentError, match=r"127\.0\.0\.1"):
        get(f"http://rebinding.test:{port}/", seconds=0.5, allow_private=False)
    assert site.asked == []


def test_a_page_is_packed_or_not(site: Site) -> None:
    site.replies["/"] = Reply(b"plain")
    site.replies["/packed"] = Reply(gzip.compress(b"packed"), headers={"Content-Encoding": "gzip"})
    assert (get(f"{site.url}/"), get(f"{site.url}/packed")) == (b"plain", b"packed")


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        pytest.param(Reply(b"x" * (2 << 20)), "has over 1 MB", id="large"),
        pytest.param(
            Reply(gzip.compress(bytes(200 << 20)), headers={"Content-Encoding": "gzip"}),
            "has over 1 MB",
            id="large when it is unpacked",
        ),
        pytest.param(
            Reply(b"nonsense", headers={"Content-Encoding": "gzip"}), "damaged gzip", id="not packed"
        ),
        pytest.param(
            Reply(b"x", headers={"Content-Encoding": "br"}), "packed by 'br'", id="packed otherwise"
        ),
        pytest.param(Reply(0.05), "no whole answer in 1 seconds", id="a byte at a time"),
        pytest.param(Reply(b"x", headers={"X": "y" * 200_000}), "does not answer", id="long headers"),
    ],
)
def test_an_answer_over_a_limit_is_one_line(site: Site, reply: Reply, line: str) -> None:
    site.replies["/"] = reply
    start = time.monotonic()
    with pytest.raises(DocumentError, match=line):
        get(f"{site.url}/", seconds=1)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "said",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"],
)
def test_a_host_that_speaks_no_http_is_one_line(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(said)
            connection.close()

        threading.Thread(target=speak, daemon=True).start()
        with pytest.raises(Unreachable):
            get(f"http://127.0.0.1:{server.getsockname()[1]}/", seconds=2)


def test_headers_that_never_end_are_ended(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            with suppress(OSError):  # the visitor hangs up
                for _ in range(100):
                    connection.sendall(b"X: y\r\n")
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        with pytest.raises(Unreachable, match="no whole answer in 1 seconds"):
            get(f"http://127.0.0.1:{server.getsockname()[1]}/", seconds=1)
