"""One request to an address that speaks as OpenAI's chat does: sent once, tried again where that can help, never led elsewhere."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from skelgait.core.errors import SkelgaitError

PATH = "/v1/chat/completions"
AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)
LONGEST_WAIT_S = 30.0
_BROKEN = (TimeoutError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


class NoAnswer(Exception):
    """The address was there and gave nothing usable, whatever was tried."""


@dataclass(frozen=True)
class Request:
    """What is sent to an address: all of it, but for the key.

    Parameters
    ----------
    trial : str
        Whom it is about; this name is not sent.
    url : str
    body : bytes
        JSON.
    """

    trial: str
    url: str
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        """The body as plain data."""
        content: dict[str, Any] = json.loads(self.body)
        return content

    def __repr__(self) -> str:
        return f"Request({self.trial!r} to {self.url}, {len(self.body) / 1e6:.2f} MB)"


def complete_address(endpoint: Any) -> str:
    """The whole address of a server's chat, checked.

    Parameters
    ----------
    endpoint : str
        ``https://host``, ``https://host/v1``, or the whole address.

    Raises
    ------
    SkelgaitError
        No address; or one that would send pictures in the clear to the open internet.

    Examples
    --------
    >>> complete_address("http://localhost:8000/v1/")
    'http://localhost:8000/v1/chat/completions'
    """
    parts = urlsplit(str(endpoint or "").strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise SkelgaitError(
            "to which address? Nothing is sent anywhere by default",
            found=repr(endpoint),
            expected="http(s)://host:port/v1, without name, password or question mark",
            do='give endpoint="http://localhost:8000/v1", say',
        )
    if parts.scheme == "http" and not _is_near(parts.hostname):
        raise SkelgaitError(
            f"pictures of people would travel to {parts.hostname} in the clear",
            expected="https, or a machine of your own network",
            do=f"give https://{parts.netloc}",
        )
    path = parts.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path += PATH.removeprefix("/v1") if path.endswith("/v1") else PATH
    return f"{parts.scheme}://{parts.netloc}{path}"


def _is_near(host: str) -> bool:
    """Whether it is this machine, or one of its own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost"))


def find_key(name: str | None) -> str | None:
    """The key in an environment variable.

    Raises
    ------
    SkelgaitError
        There is no such variable.
    """
    if name is None:
        return None
    if not os.environ.get(name):
        raise SkelgaitError(f"there is no key in the environment variable {name}", do=f"set {name} before, or leave key_from out")
    return os.environ[name]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: what is sent was meant for one address."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        """Refuse."""


def post(request: Request, *, key: str | None, timeout_s: float, retries: int, wait_s: float = 1.0) -> dict[str, Any]:
    """Send a request and give what comes back.

    Parameters
    ----------
    request : Request
    key : str or None
        Goes into the ``Authorization`` header.
    timeout_s : float
        Longest silence.
    retries : int
        How many times more, where the server is busy, fails or is silent.
    wait_s : float
        Before the first of these; doubled each time, or as long as the server asks, up to 30 s.

    Raises
    ------
    NoAnswer
        The server failed or was silent every time, or what it gave is no JSON.
    SkelgaitError
        Nobody is there; the key is wrong; the server does not take such a request, or points elsewhere.
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "skelgait"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    host = urlsplit(request.url).hostname or ""
    direct = [urllib.request.ProxyHandler({})] if _is_near(host) else []  # a machine of one's own needs no proxy
    opener = urllib.request.build_opener(_Stay, *direct)
    for attempt in range(retries + 1):
        wait = wait_s * 2**attempt
        try:
            made = urllib.request.Request(request.url, request.body, headers, method="POST")
            with opener.open(made, timeout=timeout_s) as reply:
                return _parse(reply.read())
        except urllib.error.HTTPError as fault:
            why, asked = _why(fault, key), fault.headers.get("Retry-After") or ""
            if fault.code not in AGAIN:
                raise SkelgaitError(f"{host} does not take this request", found=why, do=_advice(fault.code)) from None
            wait = float(asked) if asked.isdigit() else wait
        except (TimeoutError, http.client.HTTPException, ConnectionResetError) as fault:
            why = f"silent for {timeout_s:g} s" if isinstance(fault, TimeoutError) else f"the connection broke off ({fault})"
        except urllib.error.URLError as fault:
            if not isinstance(fault.reason, _BROKEN):
                raise SkelgaitError(
                    f"nobody answers at {request.url}", found=str(fault.reason)[:120], do="start the server, or check the address"
                ) from None
            why = f"the connection broke off ({fault.reason})"
        if attempt < retries:
            time.sleep(min(wait, LONGEST_WAIT_S))
    raise NoAnswer(why)


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        content = json.loads(raw)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise NoAnswer(f"it gave no JSON: {raw[:80].decode(errors='replace')!r}")
    return content


def _why(fault: urllib.error.HTTPError, key: str | None) -> str:
    """What the server says is wrong, without the key that it may repeat."""
    try:
        said = fault.read(2000).decode(errors="replace").strip()
    except OSError:
        said = ""
    return f"{fault.code} {fault.reason}: {' '.join(said.replace(key or chr(0), '***').split())[:200]}".rstrip(": ")


def _advice(code: int) -> str:
    if code in (401, 403):
        return "give key_from= the environment variable that holds the right key"
    if 300 <= code < 400:
        return "give the address that it points to, if you trust it: nobody is followed elsewhere"
    if code == 413:
        return "send fewer or smaller pictures: frames=, side="
    return "check endpoint and model; extra= takes further settings of the server"
