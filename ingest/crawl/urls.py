"""One spelling for each page of a site, so that none is visited or kept twice. Knows nothing of requests."""

import mimetypes
import re
from ipaddress import IPv4Address
from urllib.parse import SplitResult, urljoin, urlsplit

from w3lib.url import canonicalize_url, safe_url_string

from core.errors import DocumentError

_PORTS = {"http": 80, "https": 443}
_MAX_CHARS = 2000
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)
# What tells its owner where a visitor came from, and the page nothing.
_TRACKING = re.compile(
    r"utm_\w*|_gl|_ga|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|mc_[ce]id|igshid|spm|phpsessid",
    re.IGNORECASE,
)
_FORMATS = mimetypes.MimeTypes()  # Python's own table: that of the machine calls .php a format
_READ = re.compile(r"text/(html|plain|markdown|csv)|application/(xhtml\+xml|pdf|.*wordprocessingml.*)")


def page_url(address: str, base: str = "") -> str:
    """Return what to ask for to get a page: absolute, ASCII, without fragment, session and tracking.

    Raises:
        DocumentError: no address of a page on a web host, or one with credentials.
    """
    try:
        parts = urlsplit(safe_url_string(urljoin(base, address.strip())))
        host = _host(parts)
    except ValueError as error:  # also what is no Unicode, no IDNA, no port
        raise DocumentError(f"{_shown(address)} is no web address: {error}; check it") from error
    port = f":{parts.port}" if parts.port and parts.port != _PORTS[parts.scheme] else ""
    kept = (pair for pair in parts.query.split("&") if not _TRACKING.fullmatch(pair.partition("=")[0]))
    parts = parts._replace(
        netloc=host + port, path=_SESSION.sub("", parts.path) or "/", query="&".join(kept), fragment=""
    )
    return parts.geturl()


def _host(parts: SplitResult) -> str:
    """Return the host; raise ValueError for one that a crawl does not visit."""
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in _PORTS:
        raise ValueError("it does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("it holds a user name or password")
    if not host or len(parts.geturl()) > _MAX_CHARS:
        raise ValueError(f"it has no host, or over {_MAX_CHARS} characters")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):  # 2130706433 and 0x7f.1 are 127.0.0.1
        return str(IPv4Address(host))
    return f"[{host}]" if ":" in host else host


def page_id(url: str) -> str:
    """Return what two spellings of one page have in common.

    >>> page_id("https://example.org/b/?y=%e8&x=1"), page_id("https://example.org/")
    ('https://example.org/b?x=1&y=%E8', 'https://example.org/')
    """
    parts = urlsplit(canonicalize_url(url))
    return parts._replace(path=parts.path.rstrip("/") or "/").geturl()


def host_of(url: str) -> str:
    """Return host and port of what `page_url` gave: the same for http and https, where both are usual."""
    return urlsplit(url).netloc


def may_be_read(url: str) -> bool:
    """Tell a page from what its name says is a picture, a film or an archive."""
    guessed, packed = _FORMATS.guess_type(urlsplit(url).path)
    return packed is None and (guessed is None or _READ.fullmatch(guessed) is not None)


def _shown(address: str) -> str:
    """Return an address on one line, whatever it holds."""
    return ascii(address[:200])[1:-1]
