"""What GitHub answered last, with its ETags: asked again, it says 304, which costs nothing of the quota.

One file for each address in `.cockpit/github/cache/`, without secrets. A file that can't be read is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cockpit import durable, redact

Entry = tuple[str | None, str | None, Any, str | None]
"""ETag, time of the last change, what was said, and the next page's address."""

MOST_FILES = 2_000
"""The oldest go when there are more."""


class EtagCache(MutableMapping[str, Entry]):
    """A mapping of addresses to answers that outlives the process; in memory what was used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Entry] = {}

    def __getitem__(self, url: str) -> Entry:
        if url not in self._known:
            self._known[url] = self._read(url)
        return self._known[url]

    def __setitem__(self, url: str, entry: Entry) -> None:
        self._known[url] = entry
        etag, changed, data, more = entry
        said = {"url": url, "etag": etag, "changed": changed, "data": redact.value(data), "more": more}
        with suppress(OSError):  # it is only a help
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.replace(self._path(url), json.dumps(said, separators=(",", ":")).encode())

    def __delitem__(self, url: str) -> None:
        del self._known[url]
        with suppress(OSError):
            self._path(url).unlink()

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def prune(self) -> None:
        """Have the oldest files gone."""
        with suppress(OSError):
            files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
            for path in files[: max(0, len(files) - MOST_FILES)]:
                os.unlink(path)

    def _read(self, url: str) -> Entry:
        try:
            said = json.loads(self._path(url).read_bytes())
            if said["url"] != url:
                raise KeyError(url)
            return said["etag"], said["changed"], said["data"], said["more"]
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise KeyError(url) from error

    def _path(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
