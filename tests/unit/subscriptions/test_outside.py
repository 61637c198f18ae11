"""Where a delivery may go: every disguise of an inner address, and the connection to the very address that was checked."""

import http.server
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu.subscriptions import outside
from zhuisu.subscriptions.outside import OutsideError, checked, is_public, post, read

HERE = [ip_network("127.0.0.0/8")]
PUBLIC = ["8.8.8.8", "114.114.114.114", "1.1.1.1", "2400:3200::1", "2001:4860:4860::8888", "223.5.5.5"]
INNER = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.9"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1"),
    *("5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1"),
]
WRONG_TEXTS = [
    *(
        "",
        "example.com",
        "//example.com/a",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:1",
    ),
    *(
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://@example.com/",
    ),
    *("https://example.com/#part", "https://example.com:22/", "https://example.com:25/", "https://example.com:0/"),
    *(
        "https://example.com:65536/",
        "https://example.com:abc/",
        "https://localhost/",
        "https://db/",
        "https://example..com/",
    ),
    *("https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/"),
    *(
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://example.com./",
        "https://1.2.3.4.5/",
    ),
    *("https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::1", "https://::1/", "https://[127.0.0.1]/"),
    *(
        "https://exam ple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://example.com\\@10.0.0.1/",
    ),
    *("https://１２７.0.0.1/", "https://例子.测试/", "https://ⓛocalhost/", "https://-a.com/", "https://a-.com/"),
    "https://example.com/" + "a" * 2_000,
    None,
    7,
    ["https://example.com/"],
]


@pytest.mark.parametrize("text", WRONG_TEXTS, ids=repr)
def test_what_is_no_destination(text: object) -> None:
    with pytest.raises(OutsideError) as wrong:
        read(text)
    assert wrong.value.message_zh


@pytest.mark.parametrize(
    ("text", "host", "port", "path"),
    [
        ("https://client.example.com/queryCallback", "client.example.com", 443, "/queryCallback"),
        ("https://CLIENT.example.com:8443?a=b|c".replace("|", "%7C"), "client.example.com", 8443, "/?a=b%7Cc"),
        ("https://[2400:3200::1]:1024/x", "2400:3200::1", 1024, "/x"),
        ("http://8.8.8.8/x/", "8.8.8.8", 80, "/x/"),
        ("https://xn--fiqs8s.xn--55qx5d.cn/a", "xn--fiqs8s.xn--55qx5d.cn", 443, "/a"),
    ],
)
def test_a_destination_is_taken_apart(text: str, host: str, port: int, path: str) -> None:
    found = read(text)
    assert (found.host, found.port, found.path) == (host, port, path)


@pytest.mark.parametrize("text", INNER)
def test_an_inner_address_is_not_sent_to(text: str) -> None:
    assert not is_public(ip_address(text))
    with pytest.raises(OutsideError, match="not public"):
        checked(read("https://inner.example.com/"), [], lambda host, port: [text])
    with pytest.raises(OutsideError, match="not public"):  # one bad address among good ones is enough
        checked(read("https://inner.example.com/"), [], lambda host, port: ["8.8.8.8", text])
    literal = f"https://[{text}]/" if ":" in text else f"https://{text}/"
    with pytest.raises(OutsideError, match="not public"):
        checked(read(literal), [])


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is(text: str) -> None:
    assert is_public(ip_address(text))
    assert checked(read("https://outer.example.com/"), [], lambda host, port: [text]) == [ip_address(text)]


@given(st.ip_addresses())
def test_what_python_holds_for_inner_is_inner_here(address) -> None:
    """The library's own tables as oracle, one way: we refuse more, never less."""
    if is_public(address):
        assert address.is_global and not address.is_multicast and not address.is_reserved


def test_http_is_for_allowed_networks_alone() -> None:
    with pytest.raises(OutsideError, match="https"):
        checked(read("http://outer.example.com/"), HERE, lambda host, port: ["8.8.8.8"])
    with pytest.raises(OutsideError, match="https"):
        checked(read("https://outer.example.com:80/"), HERE, lambda host, port: ["8.8.8.8"])
    assert checked(read("http://inner.example.com/"), HERE, lambda host, port: ["127.0.0.1"])
    with pytest.raises(OutsideError, match="not public"):  # the mapped form is not the allowed network
        checked(read("http://inner.example.com/"), HERE, lambda host, port: ["::ffff:127.0.0.1"])


@pytest.mark.parametrize("resolve", [lambda h, p: [], lambda h, p: ["fe80::1%nosuch0"], lambda h, p: ["nonsense"]])
def test_a_name_that_leads_nowhere(resolve) -> None:
    with pytest.raises(OutsideError):
        checked(read("https://nowhere.example.com/"), [], resolve)


def test_a_name_that_cannot_be_resolved() -> None:
    def away(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(OutsideError, match="leads to no address"):
        checked(read("https://nowhere.example.com/"), [], away)


Handle = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextmanager
def receiver(handle: Handle, context: ssl.SSLContext | None = None) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            handle(self)

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answering(status: int, **headers: str) -> Handle:
    def handle(request: http.server.BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers["Content-Length"]))
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return handle


def test_it_is_posted_and_the_status_comes_back(monkeypatch) -> None:
    seen: list[tuple[str, str, str, bytes]] = []

    def handle(request: http.server.BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        seen.append((request.path, request.headers["Host"], request.headers["GS1-Signature"], body))
        answering(204)(request) if False else (request.send_response(204), request.end_headers())

    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")  # must not be asked
    with receiver(handle) as port:
        status = post(
            f"http://one.example.com:{port}/a/b?c=d",
            b"{}",
            {"GS1-Signature": "s"},
            allowed=HERE,
            resolve=lambda host, _: ["127.0.0.1"],
        )
    assert status == 204
    assert seen == [("/a/b?c=d", f"one.example.com:{port}", "s", b"{}")]


def test_a_redirect_is_not_followed() -> None:
    asked = []

    def handle(request: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        answering(307, Location="/elsewhere")(request)

    with receiver(handle) as port:
        assert post(f"http://127.0.0.1:{port}/first", b"", {}, allowed=HERE) == 307
    assert asked == ["/first"]


def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    """A name that turns private after the check: the second answer of the resolver is never asked for."""
    answers = iter([["127.0.0.1"], ["127.0.0.99"], ["10.0.0.1"]])
    with receiver(answering(200)) as port:
        asked = []

        def resolve(host: str, _port: int) -> list[str]:
            asked.append(host)
            return next(answers)

        assert post(f"http://turning.example.com:{port}/", b"", {}, allowed=HERE, resolve=resolve) == 200
        assert asked == ["turning.example.com"]
        next(answers)
        with pytest.raises(OutsideError, match="not public"):
            post(f"http://turning.example.com:{port}/", b"", {}, allowed=HERE, resolve=resolve)


def test_the_second_address_is_tried_where_the_first_is_dead() -> None:
    with receiver(answering(200)) as port:
        found = ["127.77.0.1", "127.0.0.1"]
        assert post(f"http://two.example.com:{port}/", b"", {}, allowed=HERE, resolve=lambda *_: found) == 200


def dripping(request: http.server.BaseHTTPRequestHandler) -> None:
    with pytest.raises(OSError):
        for _ in range(200):
            request.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.02)


def stalling(request: http.server.BaseHTTPRequestHandler) -> None:
    request.rfile.read(int(request.headers["Content-Length"]))
    request.connection.settimeout(5)
    request.connection.recv(1)  # until the other side hangs up
    request.close_connection = True


@pytest.mark.parametrize("handle", [dripping, stalling])
def test_one_that_does_not_come_to_an_end_is_left(handle: Handle) -> None:
    with receiver(handle) as port, pytest.raises(OutsideError, match="no answer within"):
        post(f"http://127.0.0.1:{port}/", b"x", {}, allowed=HERE, seconds=0.4)


def test_an_endless_answer_is_not_read() -> None:
    def handle(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        with pytest.raises(OSError):
            while True:
                request.wfile.write(b"x" * 65_536)

    with receiver(handle) as port:
        assert post(f"http://127.0.0.1:{port}/", b"", {}, allowed=HERE) == 200


def test_nonsense_for_an_answer() -> None:
    def handle(request: http.server.BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        request.close_connection = True

    with receiver(handle) as port, pytest.raises(OutsideError, match="no answer") as wrong:
        post(f"http://127.0.0.1:{port}/", b"", {}, allowed=HERE)
    assert "SSH" not in str(wrong.value)  # what an inner service says is told to nobody


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OutsideError, match="no connection"):
        post(f"http://127.0.0.1:{port}/", b"", {}, allowed=HERE)


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The contexts of a server named so and of a client that trusts it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cafile=str(pem))
    return server, client


def test_the_certificate_must_be_the_names(tmp_path: Path) -> None:
    server, client = certificate(tmp_path, "good.example.com")
    with receiver(answering(200), server) as port:

        def ask(host: str, context: ssl.SSLContext | None) -> int:
            return post(
                f"https://{host}:{port}/", b"{}", {}, allowed=HERE, resolve=lambda *_: ["127.0.0.1"], context=context
            )

        assert ask("good.example.com", client) == 200
        with pytest.raises(OutsideError, match="certificate"):
            ask("other.example.com", client)
        with pytest.raises(OutsideError, match="certificate"):
            ask("good.example.com", None)


def test_a_stalled_handshake_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(OutsideError, match="no answer within"):
            post(
                f"https://quiet.example.com:{port}/",
                b"",
                {},
                allowed=HERE,
                resolve=lambda *_: ["127.0.0.1"],
                seconds=0.4,
            )


def hanging_up(request: http.server.BaseHTTPRequestHandler) -> None:
    """413 by the announced length alone: the body is not read, the connection is cut."""
    request.wfile.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    request.wfile.flush()
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.05)
    request.close_connection = True


def test_an_answer_that_comes_before_the_body_is_read_is_an_answer() -> None:
    with receiver(hanging_up) as port:
        assert post(f"http://127.0.0.1:{port}/", b"x" * 30_000_000, {}, allowed=HERE) == 413


def test_a_name_server_that_does_not_answer_holds_nobody(monkeypatch) -> None:
    release = threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        release.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(outside, "DNS_SECONDS", 0.05)
    monkeypatch.setattr(outside, "_lookups", threading.BoundedSemaphore(2))
    try:
        for _ in range(3):  # the third does not even get a thread
            with pytest.raises(OutsideError, match="leads to no address"):
                checked(read("https://silent.example.com/"), [])
        assert sum(thread.name == "lookup" for thread in threading.enumerate()) == 2
        assert checked(read("https://8.8.8.8/"), []) == [ip_address("8.8.8.8")]  # a number asks no name server
    finally:
        release.set()


@pytest.mark.parametrize(
    "form", ["https://8.8.8.8:/", "https://8.8.8.8:00443/", "https://8.8.8.8:443/", "https://8.8.8.8/"]
)
def test_the_host_is_named_in_one_way(form: str) -> None:
    assert read(form).header == "8.8.8.8"
    assert read("https://[2001:4860:4860::8888]:08443/").header == "[2001:4860:4860::8888]:8443"


def test_nothing_ever_leaves_for_an_inner_address(monkeypatch) -> None:
    """Every disguise, through `post` itself, beside a socket that listens on this machine: nobody knocks, nothing is connected."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        asked: list[object] = []
        monkeypatch.setattr(socket, "create_connection", lambda *where, **_: asked.append(where))
        hosts = [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "localhost",
            "127.0.0.1.",
            "0",
            "0.0.0.0",
        ]
        hosts += ["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"]
        for dest in [f"{scheme}://{host}:{port}/" for scheme in ("https", "http") for host in hosts]:
            with pytest.raises(OutsideError):
                post(dest, b"x", {})
        for text in INNER:
            for found in ([text], ["8.8.8.8", text], [text, "8.8.8.8"]):
                with pytest.raises(OutsideError, match="not public"):
                    post(f"https://name.example.com:{port}/", b"x", {}, resolve=lambda *_, found=found: found)
        assert not asked
        silent.settimeout(0.05)
        with pytest.raises(TimeoutError):
            silent.accept()


def test_the_limits_are_what_the_guide_says() -> None:
    assert outside.TOTAL_SECONDS >= outside.READ_SECONDS > outside.CONNECT_SECONDS
