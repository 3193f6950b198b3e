"""The network policy: http and https URLs on the public internet, and trusted hosts with their ports.

No rule resolves names. `allowed` judges the URL alone; a client must check the IP that it connects to with `is_global`,
in the same resolution, so that DNS rebinding has no effect.
"""

import ipaddress
import socket
import unicodedata
from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import unquote, urlsplit

__all__ = ["UNSAFE", "allowed", "is_global", "place", "places"]

UNSAFE = "unsafe address"
"""The reason for which a URL was not requested."""

_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_global(ip: str) -> bool:
    """Return whether an IP lies on the public internet; False if it is not an IP.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) is judged instead; Teredo is always refused.
    """
    try:
        return _is_global(ipaddress.ip_address(ip))
    except ValueError:
        return False


def _is_global(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is not None:
            return _is_global(inner)
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def allowed(url: str, trusted: Collection[str] = ()) -> bool:
    """Return whether a URL may be requested: it is http(s), and its host is a name or a global IP, or is trusted.

    Spellings of an IP (`127.1`, `2130706433`) are parsed as resolvers do. `trusted` contains results of `place`; it
    allows neither other ports of a host nor other spellings of it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in _PORTS or not host:
        return False
    return place(host, port or _PORTS[parts.scheme]) in trusted or _may_be_global(host)


def _may_be_global(host: str) -> bool:
    plain = unicodedata.normalize("NFKC", unquote(host)).replace("。", ".").rstrip(".").lower()
    if plain == "localhost" or plain.endswith(".localhost"):
        return False
    try:
        return _is_global(ipaddress.ip_address(plain))
    except ValueError:
        pass
    try:
        return _is_global(IPv4Address(socket.inet_aton(plain)))  # 127.1, 0x7f000001, 017700000001
    except (OSError, ValueError):  # no IP, or not in ASCII, or with a NUL
        return bool(plain) and ":" not in plain and "\0" not in plain  # a name


def place(host: str, port: int) -> str:
    """Return "host:port", an IPv6 host in brackets: the canonical spelling in sets of trusted hosts."""
    host = host.lower()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def places(entries: Iterable[str]) -> frozenset[str]:
    """Parse "host:port" entries; raise `ValueError` on an invalid one."""
    return frozenset(_place(entry.strip()) for entry in entries if entry.strip())


def _place(entry: str) -> str:
    parts = urlsplit(f"//{entry}")
    try:
        port = parts.port
    except ValueError:  # not a number, or out of range
        port = None
    if not parts.hostname or not port or parts.netloc != entry or "@" in entry:
        raise ValueError(f"{entry!r} is not host:port")
    return place(parts.hostname, port)
