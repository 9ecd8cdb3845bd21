"""The local GitHub does what GitHub does, as far as its own description and its manners go."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fakes.github import App, Fault, StandIn
from tests.fakes.github.calls import HANDLERS
from tests.fakes.github.cut import OPERATIONS
from tests.repos import commit, git, make_repo

ROOT = "/repos/acme/site"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[StandIn]:
    """A GitHub whose repository has a commit on main and two on `work`."""
    root = make_repo(tmp_path)
    with StandIn(tmp_path / "hub") as hub:
        git(root, "push", "-q", str(hub.repo.remote.path), "main")
        git(root, "checkout", "-q", "-b", "work")
        commit(root, {"app.py": "VALUE = 2\n"})
        git(root, "push", "-q", str(hub.repo.remote.path), "work")
        yield hub


class Asker:
    """Asks, and looks at the status."""

    def __init__(self, hub: StandIn, token: str) -> None:
        self.http = httpx2.Client(
            base_url=hub.api_url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
        )

    def __call__(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """What comes back, parsed."""
        reply = self.http.request(method, path, **more)
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None


@pytest.fixture
def ask(hub: StandIn) -> Iterator[Asker]:
    """Someone who may write."""
    asker = Asker(hub, hub.token("ada", "write"))
    with asker.http:
        yield asker


def test_every_operation_that_is_described_is_served() -> None:
    assert {(method.upper(), path) for path, methods in OPERATIONS.items() for method in methods} == set(HANDLERS)


def test_issues_and_labels_hold_to_the_description(hub: StandIn, ask: Asker) -> None:
    ask("POST", f"{ROOT}/labels", 201, json={"name": "Cockpit", "color": "00ff00"})
    ask("POST", f"{ROOT}/labels", 422, json={"name": "cockpit"})
    ask("PATCH", f"{ROOT}/labels/cockpit", json={"color": "0000ff", "description": "for the night"})
    assert ask("GET", f"{ROOT}/labels/COCKPIT")["description"] == "for the night"
    one = ask("POST", f"{ROOT}/issues", 201, json={"title": "Dates are wrong", "body": "see", "labels": ["cockpit"]})
    part = ask("POST", f"{ROOT}/issues", 201, json={"title": "A part", "labels": ["other"]})
    path = f"{ROOT}/issues/{one['number']}"
    ask("POST", f"{path}/sub_issues", 201, json={"sub_issue_id": part["id"]})
    assert [i["number"] for i in ask("GET", f"{path}/sub_issues")] == [part["number"]]
    assert [i["number"] for i in ask("GET", f"{ROOT}/issues", params={"labels": "cockpit"})] == [one["number"]]
    ask("POST", f"{path}/labels", json={"labels": ["cockpit:queued"]})
    ask("DELETE", f"{path}/labels/cockpit:queued")
    ask("DELETE", f"{path}/labels/cockpit:queued", 404)
    assert (
        ask("POST", f"{path}/assignees", 201, json={"assignees": ["ada", "nobody"]})["assignees"][0]["login"] == "ada"
    )
    assert not ask("DELETE", f"{path}/assignees", json={"assignees": ["ada"]})["assignees"]
    said = ask("POST", f"{path}/comments", 201, json={"body": "I take it"})
    ask("PATCH", f"{ROOT}/issues/comments/{said['id']}", json={"body": "Done"})
    assert [c["body"] for c in ask("GET", f"{path}/comments")] == ["Done"]
    assert ask("PATCH", path, json={"state": "closed", "state_reason": "completed"})["state"] == "closed"
    ask("DELETE", f"{ROOT}/labels/other", 204)
    assert ask("GET", f"{ROOT}/issues/{part['number']}")["labels"] == []
    assert ask("GET", f"{ROOT}/collaborators/ada/permission")["permission"] == "write"
    for other in (ROOT, "/user", "/rate_limit", f"{path}/dependencies/blocked_by", f"{path}/labels", f"{ROOT}/labels"):
        ask("GET", other)
    ask("GET", f"{ROOT}/assignees/ada", 204)
    ask("GET", f"{ROOT}/assignees/nobody", 404)


def test_a_pull_request_from_its_branch_to_the_merge(hub: StandIn, ask: Asker) -> None:
    issue = hub.repo.issue("Dates are wrong", by="ada")
    body = {"title": "Mend it", "head": "work", "base": "main", "body": f"Closes #{issue.number}", "draft": False}
    ask("POST", f"{ROOT}/pulls", 422, json=body | {"head": "nothing"})
    pull = ask("POST", f"{ROOT}/pulls", 201, json=body)
    ask("POST", f"{ROOT}/pulls", 422, json=body)
    path, head = f"{ROOT}/pulls/{pull['number']}", pull["head"]["sha"]
    assert [p["number"] for p in ask("GET", f"{ROOT}/pulls", params={"head": "acme:work", "state": "all"})] == [2]
    hub.repo.check(head, "unit", "failure", summary="1 failed")
    assert ask("GET", f"{ROOT}/commits/{head}/check-runs")["check_runs"][0]["conclusion"] == "failure"
    ask("POST", f"{ROOT}/check-runs", 403, json={"name": "unit", "head_sha": head})
    ask("POST", f"{ROOT}/statuses/{head}", 201, json={"state": "success", "context": "lint"})
    assert ask("GET", f"{ROOT}/commits/{head}/status")["state"] == "success"
    given = hub.repo.review(2, "CHANGES_REQUESTED", "Not yet", by="bea", notes=[("app.py", 1, "why?")])
    assert ask("GET", f"{path}/reviews")[0]["state"] == "CHANGES_REQUESTED"
    assert ask("GET", f"{path}/comments")[0]["line"] == 1
    assert len(ask("GET", f"{path}/reviews/{given.id}/comments")) == 1
    ask("POST", f"{path}/reviews", json={"event": "APPROVE", "body": "fine"})
    hub.repo.needs_green = True
    ask("PUT", f"{path}/merge", 405, json={"sha": head})
    hub.repo.check(head, "unit", "success")
    ask("PUT", f"{path}/merge", 409, json={"sha": "0" * 40})
    ask("GET", f"{path}/merge", 404)
    merged = ask("PUT", f"{path}/merge", json={"sha": head, "merge_method": "merge"})
    ask("GET", f"{path}/merge", 204)
    assert hub.repo.remote.tip("main") == merged["sha"]
    assert hub.repo.remote.holds("main", head)
    assert ask("GET", path)["merged"]
    assert hub.repo.issues[issue.number].state == "closed"
    ask("PUT", f"{path}/merge", 405, json={"sha": head})
    assert ask("PATCH", path, json={"title": "Mended"})["title"] == "Mended"


def test_refs_are_made_once(hub: StandIn, ask: Asker) -> None:
    commit = ask("GET", f"{ROOT}/git/ref/heads/main")["object"]["sha"]
    claim = {"ref": "refs/cockpit/claims/7", "sha": commit}
    tree = ask("GET", f"{ROOT}/git/commits/{commit}")["tree"]["sha"]
    claim["sha"] = ask("POST", f"{ROOT}/git/commits", 201, json={"message": "mine", "tree": tree, "parents": []})["sha"]
    ask("POST", f"{ROOT}/git/refs", 201, json=claim)
    ask("POST", f"{ROOT}/git/refs", 422, json=claim)
    assert [r["ref"] for r in ask("GET", f"{ROOT}/git/matching-refs/cockpit/claims")] == [claim["ref"]]
    ask("PATCH", f"{ROOT}/git/refs/heads/work", 422, json={"sha": commit})
    ask("PATCH", f"{ROOT}/git/refs/heads/main", json={"sha": hub.repo.remote.tip("work")})
    ask("DELETE", f"{ROOT}/git/refs/cockpit/claims/7", 204)
    ask("DELETE", f"{ROOT}/git/refs/cockpit/claims/7", 422)
    ask("GET", f"{ROOT}/git/ref/cockpit/claims/7", 404)


def test_lists_come_in_pages_and_what_is_unchanged_costs_nothing(hub: StandIn, ask: Asker) -> None:
    for number in range(5):
        hub.repo.issue(f"Issue {number}", by="ada", labels=["cockpit"])
    first = ask.http.get(f"{ROOT}/issues", params={"labels": "cockpit", "per_page": 2})
    second = ask.http.get(first.links["next"]["url"])
    assert [i["number"] for i in first.json() + second.json()] == [5, 4, 3, 2]
    assert first.links["last"]["url"].endswith("page=3")
    left = hub.remaining
    again = ask.http.get(str(first.url), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, hub.remaining) == (304, left)
    hub.repo.touch(5)
    hub.repo.issues[5].title = "Another"
    assert ask.http.get(str(first.url), headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_faults_come_on_demand_and_then_are_over(hub: StandIn, ask: Asker) -> None:
    reset = int(time.time()) + 60
    hub.faults += [Fault.secondary(3), Fault.too_many(2), Fault.primary(reset), Fault.broken(503)]
    replies = [ask.http.get(ROOT) for _ in range(5)]
    assert [r.status_code for r in replies] == [403, 429, 403, 503, 200]
    assert [r.headers.get("Retry-After") for r in replies[:2]] == ["3", "2"]
    assert (replies[2].headers["X-RateLimit-Remaining"], replies[2].headers["X-RateLimit-Reset"]) == ("0", str(reset))
    hub.faults += [Fault(cut="before", method="POST"), Fault(cut="after", method="POST")]
    for count in (0, 1):
        with pytest.raises(httpx2.TransportError):
            ask.http.post(f"{ROOT}/issues", json={"title": "Twice?"})
        assert len(hub.repo.issues) == count


def test_a_token_without_rights_and_one_that_nobody_has(hub: StandIn) -> None:
    for token, statuses in ((hub.token("eve", "read"), (200, 403)), (hub.token("mal"), (404, 404)), ("", (401, 401))):
        asker = Asker(hub, token or "nobody's")
        with asker.http:
            asker("GET", ROOT, statuses[0])
            asker("POST", f"{ROOT}/labels", statuses[1], json={"name": "x"})


def test_an_app_gets_a_token_for_an_hour(hub: StandIn) -> None:
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    hub.app = App(12, public)
    hub.repo.rights[hub.app.login] = "write"
    now = int(time.time())
    asker = Asker(hub, jwt.encode({"iat": now, "exp": now + 60, "iss": "12"}, key, algorithm="RS256"))
    with asker.http:
        assert asker("GET", "/app")["id"] == 12
        assert [one["id"] for one in asker("GET", "/app/installations")] == [77]
        found = asker("GET", f"{ROOT}/installation")
        token = asker("POST", f"/app/installations/{found['id']}/access_tokens", 201)["token"]
    asker = Asker(hub, token)
    with asker.http:
        asker("POST", f"{ROOT}/check-runs", 201, json={"name": "unit", "head_sha": hub.repo.remote.tip("work")})
        asker("GET", "/user", 403)


def test_git_by_http_takes_a_token(hub: StandIn, tmp_path: Path) -> None:
    url = hub.git_url.replace("http://", f"http://x-access-token:{hub.token('ada', 'write')}@")
    git(tmp_path, "clone", "-q", url, "copy")
    copy = tmp_path / "copy"
    made = git(copy, "rev-parse", "origin/work")
    git(copy, "push", "-q", "origin", f"{made}:refs/heads/more")
    assert hub.repo.remote.tip("more") == made
    reader = hub.git_url.replace("http://", f"http://x:{hub.token('eve', 'read')}@")
    git(copy, "push", "-q", reader, f"{made}:refs/heads/no", okay=128)


@pytest.mark.parametrize(
    ("path", "more", "named"),
    [
        (f"{ROOT}/issues", {"params": {"label": "x"}}, "no such parameter: label"),
        (f"{ROOT}/issues", {"params": {"per_page": "many"}}, "per_page"),
    ],
)
def test_what_the_description_does_not_know_fails_the_test(
    hub: StandIn, ask: Asker, path: str, more: dict[str, Any], named: str
) -> None:
    ask.http.get(path, **more)
    with pytest.raises(AssertionError, match=named):
        hub.check()
    hub.referee.violations.clear()


def test_bodies_and_answers_are_refereed_too(hub: StandIn, ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    ask.http.post(f"{ROOT}/pulls", json={"title": "no head", "base": "main"})
    ask.http.post(f"{ROOT}/issues", json={"titel": "x", "title": "y"})
    ask.http.get(f"{ROOT}/nothing")
    monkeypatch.setattr("tests.fakes.github.shapes.label", lambda *_: {"name": 3})
    hub.repo.label("x")
    ask.http.get(f"{ROOT}/labels")
    found, hub.referee.violations[:] = list(hub.referee.violations), []
    assert len(found) == 4, json.dumps(found, indent=1)
    assert "'head' is a required property" in found[0]
    assert "no such field: titel" in found[1]
    assert "serves no such operation" in found[2]
    assert "response GET /repos/acme/site/labels 200" in found[3]
