"""Git by HTTP, as GitHub has it: git's own server program behind the stand-in's socket, and a token before it."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import Any
from urllib.parse import urlsplit


def chunks(stream: Any) -> bytes:
    """A body that comes in pieces."""
    whole = b""
    while size := int(stream.readline().split(b";")[0], 16):
        whole += stream.read(size)
        stream.readline()
    stream.readline()
    return whole


def serve(handler: Any, hub: Any, body: bytes) -> None:
    """Answer a request of git's."""
    split = urlsplit(handler.path)
    repo, root = hub.repo, f"/{hub.repo.owner}/{hub.repo.name}.git"
    if not split.path.startswith(root + "/"):
        handler.give(404, {}, b"Not Found")
        return
    login = hub.tokens.get(_password(handler.headers.get("Authorization", "")), "")
    writes = "git-receive-pack" in handler.path
    hub.git_logins.append((login, writes))
    if not repo.may(login, "write" if writes else "read"):
        refusal = (403, {}) if login else (401, {"WWW-Authenticate": 'Basic realm="GitHub"'})
        handler.give(*refusal, b"Permission denied")
        return
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(repo.remote.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": split.path.removeprefix(root),
        "QUERY_STRING": split.query,
        "REQUEST_METHOD": handler.command,
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
        "REMOTE_USER": login,
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    status = int(headers.pop("Status", "200").split()[0])
    handler.give(status, headers, rest)


def _password(header: str) -> str:
    word, _, coded = header.partition(" ")
    if word.lower() != "basic":
        return ""
    return base64.b64decode(coded).decode().partition(":")[2]
