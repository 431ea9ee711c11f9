"""Where the server is, and with which key it is asked."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Optional
from urllib.parse import SplitResult, urlsplit

from .errors import ConfigurationError

DEFAULT_URL = "http://127.0.0.1:8006"


@dataclass(frozen=True)
class Server:
    """An address without a slash at its end, taken apart, and the key that goes with each request to it."""

    scheme: str
    host: str
    port: int
    prefix: str
    api_key: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.prefix}"

    def __repr__(self) -> str:
        # Without the key: what is shown may be logged.
        return f"Server({self.url!r})"


def find_server(base_url: Optional[str], api_key: Optional[str]) -> Server:
    """The server of the arguments, of ``GANTRY_URL`` and ``GANTRY_API_KEY``, or of this machine with its admin key.

    Raises :class:`ConfigurationError` with the setting to change.
    """
    name = "base_url" if base_url is not None else "GANTRY_URL"
    given = base_url if base_url is not None else os.environ.get("GANTRY_URL", "").strip() or DEFAULT_URL
    parts = _split(name, given)
    host = parts.hostname or ""
    key = api_key if api_key is not None else os.environ.get("GANTRY_API_KEY", "").strip() or _read_admin_key(host)
    # Anything else cannot stand in a header.
    if re.fullmatch(r"[\x21-\x7e]+", key) is None:
        raise ConfigurationError(f"{'api_key' if api_key is not None else 'GANTRY_API_KEY'} holds something that is no key")
    path = parts.path.rstrip("/")
    return Server(
        scheme=parts.scheme,
        host=host,
        port=parts.port or (443 if parts.scheme == "https" else 80),
        # Clients of OpenAI's API name the address with its version.
        prefix=path[: -len("/v1")] if path.endswith("/v1") else path,
        api_key=key,
    )


def _split(name: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        plain = not (parts.username or parts.password or parts.query or parts.fragment) and parts.port != 0
    except ValueError:
        plain = False
    if plain and parts.scheme in ("http", "https") and parts.hostname and re.search(r"[\x00-\x20\x7f]", url) is None:
        return parts
    raise ConfigurationError(f"{name}: expected an address such as {DEFAULT_URL}, got {url[:80]!r}")


def _read_admin_key(host: str) -> str:
    # The admin key opens the server of this machine; it is never sent to another.
    if not _is_loopback(host):
        raise ConfigurationError(f"{host} is not this machine: pass api_key, or set GANTRY_API_KEY to a key of that server")
    file = _data_directory() / "admin.key"
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise ConfigurationError(
            f"no key: pass api_key, set GANTRY_API_KEY, or start the server once on this machine; {file} cannot be read: {reason}"
        ) from error


def _data_directory() -> Path:
    """As the server and its commands find it: the environment, the config file, the home."""
    named, base = os.environ.get("GANTRY_DATA", ""), Path.cwd()
    config = os.environ.get("GANTRY_CONFIG", "")
    if named == "" and config != "":
        try:
            named = str(json.loads(Path(config).read_text(encoding="utf-8-sig")).get("data", ""))
        except (OSError, ValueError, AttributeError) as error:
            raise ConfigurationError(f"GANTRY_CONFIG: {config} cannot be read as a config file") from error
        base = Path(config).resolve().parent
    return base / Path(named or "~/.gantry").expanduser()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
