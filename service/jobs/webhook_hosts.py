"""Where webhooks may go: hosts that the operator lists, and the addresses behind their names.

oa.example           https://oa.example, its usual port and no other
oa.example:8443      that port, http or https
10.1.0.0/16, 10.2.0.9   private addresses that a listed name may have
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, urlsplit

from service.errors import StoreUnavailable, WebhookRefused

MAX_URL = 2000
PORTS = {"http": 80, "https": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Addresses:
    """The listed hosts and networks."""

    def __init__(self, listed: str) -> None:
        entries = [one.strip().lower() for one in listed.split(",") if one.strip()]
        self._networks = [result for one in entries if (result := _network(one))]
        self._hosts = {one for one in entries if "/" not in one}

    def __bool__(self) -> bool:
        """Whether any host is listed."""
        return bool(self._hosts)

    def check(self, url: str) -> SplitResult:
        """The parts of an address that may be called. Raises: WebhookRefused."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError as exc:
            raise WebhookRefused("webhook_url is no address") from exc
        clean = url.isascii() and url.isprintable() and " " not in url and len(url) <= MAX_URL
        if parts.scheme not in PORTS or "@" in parts.netloc or "\\" in url or not clean:
            raise WebhookRefused("webhook_url must be a plain http or https address")
        port = port or PORTS[parts.scheme]
        is_usual = parts.scheme == "https" and port == PORTS["https"]
        named = f"[{host}]" if ":" in host else host
        if f"{named}:{port}" not in self._hosts and not (is_usual and host in self._hosts):
            raise WebhookRefused(
                "webhook_url names a host that OCR_WEBHOOK_HOSTS does not list; a host without a "
                "port is its https port"
            )
        return parts

    def resolved(self, parts: SplitResult) -> str:
        """The address that a host has now: all of them may be called. Raises: WebhookRefused.

        It is asked for once, and that address is called: a name that changes changes nothing.
        """
        host = parts.hostname or ""
        port, kind = parts.port or PORTS[parts.scheme], socket.SOCK_STREAM
        try:
            result = socket.getaddrinfo(host, port, type=kind)
        except UnicodeError as exc:
            raise WebhookRefused("webhook_url names no host") from exc
        addresses = list(dict.fromkeys(str(one[4][0]) for one in result))
        if not addresses or not all(self._may_be(one, host) for one in addresses):
            raise WebhookRefused(
                "webhook_url names a host with a private address that OCR_WEBHOOK_HOSTS does not "
                "list"
            )
        return addresses[0]

    def _may_be(self, facts: str, host: str) -> bool:
        if facts == host.lower():
            return True  # listed as it stands
        address = ipaddress.ip_address(facts.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        return address.is_global or any(address in network for network in self._networks)


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A listed address or network. Raises: StoreUnavailable for what only looks like one."""
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError as exc:
        if "/" in entry:
            raise StoreUnavailable(f"OCR_WEBHOOK_HOSTS: {entry!r} is no network") from exc
        return None


def post(
    url: SplitResult, address: str, body: bytes, headers: dict[str, str], timeout_s: float
) -> int:
    """The status of one request to a host at an address, of whose answer nothing else is read."""
    host, port = url.hostname or "", url.port or PORTS[url.scheme]
    kind: Any = http.client.HTTPConnection
    connection = kind(host, port, timeout=timeout_s)
    try:
        plain = socket.create_connection((address, port), timeout_s)
        connection.sock = plain
        if url.scheme == "https":
            connection.default_port = PORTS["https"]
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", target, body, headers)
        status: int = connection.getresponse().status
        return status
    finally:
        connection.close()
