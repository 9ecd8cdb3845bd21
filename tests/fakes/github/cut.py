"""Cuts GitHub's own OpenAPI description down to what the stand-in serves, and packs it: `api.json.gz`.

The description is published as an npm package (MIT): `npm i --ignore-scripts @octokit/openapi` in a folder of its
own, then `python tests/fakes/github/cut.py node_modules/@octokit/openapi/generated/api.github.com.json`.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

PACKED = Path(__file__).with_name("api.json.gz")

REPO = "/repos/{owner}/{repo}"
ISSUE = REPO + "/issues/{issue_number}"
PULL = REPO + "/pulls/{pull_number}"
OPERATIONS: dict[str, tuple[str, ...]] = {
    "/app": ("get",),
    "/app/installations": ("get",),
    "/app/installations/{installation_id}/access_tokens": ("post",),
    "/rate_limit": ("get",),
    "/user": ("get",),
    REPO: ("get",),
    REPO + "/assignees/{assignee}": ("get",),
    REPO + "/check-runs": ("post",),
    REPO + "/collaborators/{username}/permission": ("get",),
    REPO + "/commits/{ref}/check-runs": ("get",),
    REPO + "/commits/{ref}/status": ("get",),
    REPO + "/git/commits": ("post",),
    REPO + "/git/commits/{commit_sha}": ("get",),
    REPO + "/git/matching-refs/{ref}": ("get",),
    REPO + "/git/ref/{ref}": ("get",),
    REPO + "/git/refs": ("post",),
    REPO + "/git/refs/{ref}": ("patch", "delete"),
    REPO + "/installation": ("get",),
    REPO + "/issues": ("get", "post"),
    REPO + "/issues/comments/{comment_id}": ("get", "patch", "delete"),
    ISSUE: ("get", "patch"),
    ISSUE + "/assignees": ("post", "delete"),
    ISSUE + "/comments": ("get", "post"),
    ISSUE + "/dependencies/blocked_by": ("get",),
    ISSUE + "/labels": ("get", "post", "put"),
    ISSUE + "/labels/{name}": ("delete",),
    ISSUE + "/sub_issues": ("get", "post"),
    REPO + "/labels": ("get", "post"),
    REPO + "/labels/{name}": ("get", "patch", "delete"),
    REPO + "/pulls": ("get", "post"),
    PULL: ("get", "patch"),
    PULL + "/comments": ("get",),
    PULL + "/merge": ("get", "put"),
    PULL + "/reviews": ("get", "post"),
    PULL + "/reviews/{review_id}/comments": ("get",),
    REPO + "/statuses/{sha}": ("post",),
}
"""What is kept: paths, and their methods."""

CHATTER = ("description", "example", "examples", "externalDocs", "summary", "tags")
"""Words for people; a referee needs none of them."""

Node = dict[str, Any]


def cut(whole: Node) -> Node:
    """The description with these operations, and the components that they need."""
    paths = {path: _path(whole["paths"][path], methods) for path, methods in OPERATIONS.items()}
    components: Node = {}
    wanted = _references(paths)
    while wanted:
        pointer = wanted.pop()
        _, _, kind, name = pointer.split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = _quiet(whole["components"][kind][name])
            wanted |= _references(components[kind][name])
    info = {"title": "GitHub, cut down", "version": whole["info"]["version"], "license": whole["info"]["license"]}
    return {
        "openapi": whole["openapi"],
        "info": info,
        "servers": [{"url": "https://api.github.com"}],
        "paths": paths,
        "components": components,
    }


def _path(item: Node, methods: tuple[str, ...]) -> Node:
    return {key: _quiet(value) for key, value in item.items() if key in methods or key == "parameters"}


def _quiet(node: Any, *, names: bool = False) -> Any:
    """Without words for people; `names` where the keys are names that somebody gave, such as those of properties."""
    if isinstance(node, list):
        return [_quiet(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {k: v for k, v in node.items() if names or not (k in CHATTER or k.startswith("x-"))}
    if not names and "description" in node and ("content" in node or "headers" in node or set(node) == {"description"}):
        kept["description"] = ""  # a response must have one
    if not names and kept.get("nullable") is True and isinstance(kept.get("enum"), list):
        kept["enum"] = [*kept["enum"], None]  # what GitHub means, and sends
    return {k: _quiet(v, names=k in {"properties", "schemas"} and not names) for k, v in kept.items()}


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*(_references(one) for one in node))
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*(_references(one) for one in node.values()))


def main() -> None:
    """Cut the file named on the command line."""
    whole = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    text = json.dumps(cut(whole), sort_keys=True, separators=(",", ":"))
    PACKED.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{PACKED}: {len(text):,} characters, {PACKED.stat().st_size:,} bytes packed")


if __name__ == "__main__":
    main()
