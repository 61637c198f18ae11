"""Sends to an address that a stranger chose: public addresses only, the very one that was checked, no redirect, never for long.

The names and numbers of the networks are those of RFC 6890 and the IANA special-purpose registries.
"""

import http.client
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

MAX_DEST = 2_000  # characters of an address: what servers and proxies take
MAX_ADDRESSES = 4  # of one name that are tried: more would only lengthen a failure
CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0  # without a sign of life
TOTAL_SECONDS = 20.0  # from the connection to the end: one that drips its answer must not hold a thread
DNS_SECONDS = 5.0  # for the addresses of a name: the system's own patience may be a minute
MAX_LOOKUPS = 64  # at a time, in one process: one that nobody waits for any more still holds its thread until it ends
REPLY_LIMIT = 65_536  # octets read of an answer: the status alone counts
PRIVILEGED_LIMIT = 1_024  # ports below belong to other protocols, but for 443 (and 80 in allowed networks)

_NOT_PUBLIC = [
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # IETF protocols with Teredo, ORCHID and benchmarks; documentation; 6to4; AS112; documentation.
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
]
# Whatever is not inside is loopback, private, link-local, multicast, mapped or translated IPv4, or nobody's yet.
_GLOBAL_V6 = IPv6Network("2000::/3")
_lookups = threading.BoundedSemaphore(MAX_LOOKUPS)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_UNSAFE = re.compile(r"[^\x21-\x7e]|[\\<>\"^`{|}]")

log = logging.getLogger(__name__)


class OutsideError(ValueError):
    """Why nothing may be, or could be, sent there; in English and Chinese. Never says what an inner address answered."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


@dataclass(frozen=True, slots=True)
class Target:
    """A destination taken apart. `host` is a name or an address without brackets."""

    secure: bool
    host: str
    port: int
    path: str  # with the query
    header: str  # for Host


def read(dest: object) -> Target:
    """The destination that a text names. Raises OutsideError where it is none that we ever send to; asks no network."""
    if not isinstance(dest, str) or not 0 < len(dest) <= MAX_DEST or _UNSAFE.search(dest):
        raise OutsideError(
            f"must be an https address of at most {MAX_DEST} characters, written in ASCII",
            f"须为 https 地址，ASCII 书写，不超过 {MAX_DEST} 个字符",
        )
    try:
        parts = urlsplit(dest)
        port = parts.port
    except ValueError:
        raise OutsideError("is not a valid address", "不是有效地址") from None
    if parts.scheme not in ("https", "http"):
        raise OutsideError("must begin with https://", "须以 https:// 开头")
    if "@" in parts.netloc or "#" in dest:
        raise OutsideError("must hold neither a user name nor a fragment", "不得含用户名或片段（#）")
    if port is not None and port not in (443, 80) and port < PRIVILEGED_LIMIT:
        raise OutsideError("the port must be 443, or 1024 and above", "端口须为 443 或不小于 1024")
    host = _host(parts.hostname or "", "[" in parts.netloc)
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    usual = 443 if secure else 80
    named = f"[{host}]" if ":" in host else host
    return Target(secure, host, port or usual, path, named if port in (None, usual) else f"{named}:{port}")


def _host(host: str, bracketed: bool) -> str:
    wrong = OutsideError(
        "must name a host with its whole domain, or an IP address in its usual form",
        "须为完整域名，或标准写法的 IP 地址",
    )
    if bracketed or ":" in host:
        if "%" in host or not bracketed:  # a zone is a door of this very machine
            raise wrong
        try:
            return str(IPv6Address(host))
        except ValueError:
            raise wrong from None
    labels = host.split(".")
    if _NUMBER.fullmatch(
        labels[-1]
    ):  # what some resolvers take for an address: 127.1, 0x7f000001, 2130706433, 0177.0.0.1
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise wrong from None
    if len(labels) < 2 or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise wrong
    return host


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, by the special-purpose registries."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return False
    return not any(address in network for network in _NOT_PUBLIC if network.version == address.version)


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host as the system knows them now. Raises OSError where it has none, or none in DNS_SECONDS."""
    with suppress(ValueError):
        return [str(ip_address(host))]
    places = _lookups
    if not places.acquire(timeout=DNS_SECONDS):
        raise TimeoutError("too many names are being looked up")
    answers: SimpleQueue[list[str] | None] = SimpleQueue()

    def ask() -> None:
        found = None
        try:
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(str(one[4][0]) for one in told))
        except (OSError, UnicodeError) as wrong:
            log.info("%s has no address: %s", host, wrong)
        finally:
            places.release()
            answers.put(found)

    threading.Thread(target=ask, name="lookup", daemon=True).start()  # getaddrinfo knows no time limit
    try:
        addresses = answers.get(timeout=DNS_SECONDS)
    except Empty:
        raise TimeoutError(f"no address within {DNS_SECONDS:g} seconds") from None
    if addresses is None:
        raise OSError("no address")
    return addresses


def checked(target: Target, allowed: Sequence[Network], resolve: Resolve = resolved) -> list[Address]:
    """The addresses behind a target, all of them fit to be sent to. Raises OutsideError where one is not, or there is none.

    `allowed` are networks that may be reached although they are not public; http without TLS is for these alone.
    """
    try:
        texts = resolve(target.host, target.port)
        found = [ip_address(text) for text in texts]
    except (OSError, ValueError):  # ValueError: an address with a zone
        raise OutsideError(f"the name {target.host} leads to no address", f"域名 {target.host} 无法解析") from None
    if not found:
        raise OutsideError(f"the name {target.host} leads to no address", f"域名 {target.host} 无法解析")
    for address in found:
        inside = any(address in network for network in allowed if network.version == address.version)
        if not inside and not is_public(address):
            raise OutsideError("leads to an address that is not public", "指向非公网地址")
        if not inside and (not target.secure or target.port == 80):
            raise OutsideError("must begin with https://", "须以 https:// 开头")
    return found[:MAX_ADDRESSES]


def post(
    dest: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Sequence[Network] = (),
    resolve: Resolve = resolved,
    context: ssl.SSLContext | None = None,
    seconds: float = TOTAL_SECONDS,
) -> int:
    """POST to a destination and say with which HTTP status it answered. Redirects are answers like others: nobody follows them.

    The address is resolved and checked anew, and the connection goes to the address that was checked, not to the name; the
    certificate must be the name's. No proxy of the environment is asked. Raises OutsideError where no answer came within
    `seconds`.
    """
    target = read(dest)
    end = time.monotonic() + seconds
    try:
        line = _connected(target, checked(target, allowed, resolve), end)
    except OSError as wrong:
        raise OutsideError(f"no connection: {_said(wrong)}", "无法连接") from None
    # A second handle on the same connection: shutting it down ends every read and write, wherever the other one is.
    handle = line.dup()
    alarm = threading.Timer(max(0.0, end - time.monotonic()), _hang_up, [handle])
    alarm.daemon = True
    alarm.start()
    try:
        return _asked(target, line, body, headers, context)
    except (OSError, http.client.HTTPException, ValueError) as wrong:
        if time.monotonic() >= end:
            raise OutsideError(f"no answer within {seconds:g} seconds", f"{seconds:g} 秒内无应答") from None
        raise OutsideError(f"no answer: {_said(wrong)}", "未得到应答") from None
    finally:
        alarm.cancel()
        handle.close()
        line.close()


def _connected(target: Target, addresses: Sequence[Address], end: float) -> socket.socket:
    wrong: OSError = OSError("no address")
    for address in addresses:
        left = min(CONNECT_SECONDS, end - time.monotonic())
        if left <= 0:
            break
        try:
            return socket.create_connection((str(address), target.port), timeout=left)
        except OSError as failed:
            wrong = failed
    raise wrong


def _asked(
    target: Target, line: socket.socket, body: bytes, headers: Mapping[str, str], context: ssl.SSLContext | None
) -> int:
    line.settimeout(READ_SECONDS)
    if target.secure:
        context = context or ssl.create_default_context()
        line = context.wrap_socket(line, server_hostname=target.host)
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = line  # connected already: http.client only speaks on it
    try:
        # Who answers by the announced length alone (413) may hang up on the rest; his answer is here all the same.
        with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            connection.request("POST", target.path, body, {"Host": target.header, "Connection": "close", **headers})
        answer = connection.getresponse()
        with suppress(OSError, http.client.HTTPException):
            answer.read(REPLY_LIMIT)  # politeness: the sender may still be writing it
        return answer.status
    finally:
        connection.close()
        line.close()


def _hang_up(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _said(wrong: BaseException) -> str:
    """What went wrong in a few words; not what the other side said."""
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return f"certificate: {wrong.verify_message}"
    if isinstance(wrong, TimeoutError):
        return "timed out"
    return getattr(wrong, "strerror", None) or type(wrong).__name__
