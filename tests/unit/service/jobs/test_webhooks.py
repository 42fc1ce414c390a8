from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from service.errors import WebhookRefused
from service.jobs import queries
from service.jobs.job_store import Store
from service.jobs.webhook_hosts import Addresses
from service.jobs.webhooks import MAX_ATTEMPTS, MAX_DELAY_S, Webhooks, delay_s
from service.storage.database import Database
from tests.unit.service.jobs.test_job_store import EMPTY, Clock, new

SECRET = "s3cret"
LISTED = {"127.0.0.1", "127.0.0.1:1"}


class Receiver(HTTPServer):
    """Keeps what it is sent; answers by `statuses`, then 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Keeper)
        LISTED.add(f"127.0.0.1:{self.server_port}")
        self.statuses: list[int] = []
        self.kept: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/told?by=ocr"


class Keeper(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.kept.append((dict(self.headers), body))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.send_response(status)
        self.send_header("location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A server that keeps what it is sent, while it is asked."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    made = Database(tmp_path)
    yield made
    made.close()


def ended_job(database: Database, clock: Clock, url: str) -> str:
    store = Store(database, lease_s=60, clock=clock)
    job_id, _ = store.create(new(webhook_url=url))
    store.finish(store.claim("me"), EMPTY)
    return job_id


def webhooks(database: Database, clock: Clock, hosts: str = "") -> Webhooks:
    return Webhooks(database, secret=SECRET, hosts=hosts or ",".join(LISTED), clock=clock)


def test_a_webhook_is_signed_and_tells_no_text(database, receiver):
    clock = Clock()
    job_id = ended_job(database, clock, receiver.url)
    assert webhooks(database, clock).send_next()
    ((headers, body),) = receiver.kept
    signed = headers["X-OCR-Timestamp"].encode() + b"." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-OCR-Signature"] == f"sha256={expected}"
    pages = {"total": 1, "done": 1, "failed": 0}
    assert json.loads(body) == {"id": job_id, "state": "done", "pages": pages}
    assert queries.job(database, job_id).hook == ("sent", 1)
    assert not webhooks(database, clock).send_next()


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_webhook_that_fails_is_sent_again_later_even_by_another_process(
    database, receiver, status
):
    clock = Clock()
    job_id = ended_job(database, clock, receiver.url)
    receiver.statuses = [status]
    assert webhooks(database, clock).send_next()
    after_restart = webhooks(database, clock)
    assert not after_restart.send_next()
    clock.now += 1.01
    assert after_restart.send_next()
    assert queries.job(database, job_id).hook == ("sent", 2)
    assert len(receiver.kept) == 2


def test_a_webhook_that_is_never_heard_is_given_up(database):
    clock = Clock()
    job_id = ended_job(database, clock, "http://127.0.0.1:1/")
    for _ in range(MAX_ATTEMPTS):
        assert webhooks(database, clock).send_next()
        clock.now += MAX_DELAY_S + 1
    assert not webhooks(database, clock).send_next()
    assert queries.job(database, job_id).hook == ("failed", MAX_ATTEMPTS)


def test_a_webhook_in_the_hands_of_a_process_that_died_is_due_again(database, receiver):
    clock = Clock()
    ended_job(database, clock, receiver.url)
    assert webhooks(database, clock)._take()
    assert not webhooks(database, clock).send_next()
    clock.now += 61
    assert webhooks(database, clock).send_next()
    assert len(receiver.kept) == 1


def test_waits_double_and_differ_by_chance():
    for attempts in range(1, 30):
        longest = min(MAX_DELAY_S, 2.0 ** (attempts - 1))
        waits = {delay_s(attempts) for _ in range(20)}
        assert longest / 2 <= min(waits) < max(waits) <= longest


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/", "file:///etc/passwd", "http://169.254.169.254/", "http://localhost/",
        "http://user@127.0.0.1/", "http://127.0.0.1.evil.example/", "http://[::1]/", "http://",
        "http://127.0.0.1:99999/", "//127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX:",
        "http://evil.example#@127.0.0.1/", "https://127.0.0.1/" + "x" * 2000,
        "http://127.0.0.1/", "https://127.0.0.1:8443/", "https://@127.0.0.1/",
        "https://user:@127.0.0.1/", "https://evil.example\\@127.0.0.1/",
    ],
)  # fmt: skip
def test_only_plain_addresses_of_listed_hosts_are_called(database, url):
    with pytest.raises(WebhookRefused):
        webhooks(database, Clock()).check(url)


def test_a_host_can_be_listed_with_its_port(database):
    listed = webhooks(database, Clock(), "office.example:8443, other.example")
    listed.check("https://office.example:8443/x")
    listed.check("https://OTHER.example/")
    listed.check("https://other.example:443/")
    for url in ("https://office.example/x", "http://other.example/", "https://other.example:22/"):
        with pytest.raises(WebhookRefused):
            listed.check(url)


def test_a_name_with_a_private_address_is_called_only_where_that_is_listed(monkeypatch):
    asked = []

    def resolve(host, port, **_):
        asked.append(host)
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for addresses, listed, may in [
        (["93.184.216.34"], "oa.example", True),
        (["10.1.2.3"], "oa.example", False),
        (["93.184.216.34", "127.0.0.1"], "oa.example", False),
        (["::ffff:10.1.2.3"], "oa.example", False),
        (["169.254.169.254"], "oa.example,10.0.0.0/8", False),
        (["10.1.2.3"], "oa.example,10.0.0.0/8", True),
        (["10.1.2.3"], "oa.example,10.1.2.3", True),
    ]:
        known = Addresses(listed)
        parts = known.check("https://oa.example/told")
        if may:
            assert known.resolved(parts) == addresses[0]
        else:
            with pytest.raises(WebhookRefused, match="private"):
                known.resolved(parts)
    assert len(asked) == 7  # once for each call


def test_the_address_that_was_checked_is_the_one_called(database, receiver, monkeypatch):
    """A name that changes between the check and the call changes nothing."""
    clock, port = Clock(), receiver.server_port
    answers = iter([[(2, 1, 6, "", ("127.0.0.1", port))]])
    ended_job(database, clock, f"http://oa.example:{port}/told")
    hooks = webhooks(database, clock, f"oa.example:{port},127.0.0.0/8")
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: next(answers) if host == "oa.example" else real(host, *a, **k),
    )
    assert hooks.send_next()
    ((headers, _),) = receiver.kept
    assert headers["Host"] == f"oa.example:{port}"


@pytest.mark.parametrize(("secret", "hosts"), [("", "a.example"), ("s", ""), ("s", " , ")])
def test_webhooks_are_off_without_a_secret_and_a_host(database, secret, hosts):
    off = Webhooks(database, secret=secret, hosts=hosts)
    assert not off.is_on
    with pytest.raises(WebhookRefused, match="are off"):
        off.check("http://a.example/")
