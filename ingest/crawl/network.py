"""One request at a time, with limits of time, size and reach. Knows nothing of robots, links or documents.

Where a request goes is judged when it is connected, by the address that is connected to: a name server that
answers otherwise the second time (DNS rebinding), a redirect or an odd spelling of 127.0.0.1 change nothing.
"""

import socket
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self

import httpcore2

from core.errors import DocumentError

USER_AGENT = "domain-assistant"
_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": f"{USER_AGENT} (reads documents to answer questions from them; obeys robots.txt)",
    "Accept": "text/html, application/xhtml+xml, application/pdf, text/plain, text/markdown, */*;q=0.1",
    "Accept-Encoding": "gzip",
}
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last four bytes are an IPv4 address


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host said; `body` is empty unless the status is 200, header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Unreachable(DocumentError):
    """A host that did not answer, or not in time."""


class Client:
    """Asks one host after another for pages of at most `max_mb`, each within `seconds`."""

    def __init__(self, seconds: float, max_mb: int, allow_private: bool) -> None:
        self._seconds, self._max_mb = seconds, max_mb
        self._network = _Guarded(allow_private)
        self._pool = httpcore2.ConnectionPool(network_backend=self._network, max_connections=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def get(self, url: str) -> Answer:
        """Return the answer for a URL; redirects are not followed.

        Raises:
            DocumentError: the answer is too large or not HTTP, or the address is not to be reached.
            Unreachable: no answer, or none in time.
        """
        self._network.deadline = time.monotonic() + self._seconds
        try:
            with self._pool.stream("GET", url, headers=_HEADERS) as response:
                headers = {name.decode().lower(): value.decode("latin-1") for name, value in response.headers}
                body = self._body(response, headers, url) if response.status == 200 else b""
        except httpcore2.TimeoutException as error:
            waited = f"gives no whole answer in {self._seconds:g} seconds"
            raise Unreachable(f"{url} {waited}; try again or raise crawling.page_seconds") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise Unreachable(f"{url} does not answer: {reason}; try again later") from error
        return Answer(url, response.status, headers, body)

    def _body(self, response: httpcore2.Response, headers: Mapping[str, str], url: str) -> bytes:
        packing = headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("gzip", "x-gzip", "identity", ""):
            raise DocumentError(f"{url} answers packed by {packing[:20]!r}, which was not asked for")
        unpacker = zlib.decompressobj(wbits=31) if "gzip" in packing else None
        limit = self._max_mb << 20
        body = bytearray()
        try:
            for part in response.iter_stream():
                body += unpacker.decompress(part, limit + 1 - len(body)) if unpacker else part
                if len(body) > limit:
                    raise DocumentError(
                        f"{url} has over {self._max_mb} MB; raise max_file_mb in domain.toml if it is wanted"
                    )
        except zlib.error as error:
            raise DocumentError(f"{url} answers with a damaged gzip stream; try again later") from error
        return bytes(body)


class _Guarded(httpcore2.NetworkBackend):
    """Connects to addresses of the public Internet alone, unless told otherwise; until a deadline."""

    def __init__(self, allow_private: bool) -> None:
        self.deadline = 0.0
        self._allow_private = allow_private
        self._tcp = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of `host` that answers and may be reached."""
        failure: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                return _Timed(self._tcp.connect_tcp(address, port, self.left()), self)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    def left(self) -> float:
        """Return the seconds until the deadline; raise a timeout where there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout
        return left

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"no address is known of {host}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        allowed = [address for address in addresses if self._allow_private or is_public(address)]
        if addresses and not allowed:
            raise DocumentError(
                f"{host} is at {addresses[0]}, which is not on the public Internet; add --allow-private"
            )
        return allowed


def is_public(address: str) -> bool:
    """Tell an address that anyone may reach, also where it stands inside one of the other kind.

    >>> [is_public(each) for each in ("93.184.215.14", "169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::1")]
    [True, False, False, False]
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _TRANSLATED:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class _Timed(httpcore2.NetworkStream):
    """A connection that no slow host keeps longer than until the deadline, however often it says a byte."""

    def __init__(self, stream: httpcore2.NetworkStream, network: _Guarded) -> None:
        self._stream, self._network = stream, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what comes next."""
        return self._stream.read(max_bytes, self._network.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a request."""
        self._stream.write(buffer, self._network.left())

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Go on in TLS."""
        return _Timed(
            self._stream.start_tls(ssl_context, server_hostname, self._network.left()), self._network
        )

    def get_extra_info(self, info: str) -> Any:
        """Return what the pool asks, such as whether the host has hung up."""
        return self._stream.get_extra_info(info)
