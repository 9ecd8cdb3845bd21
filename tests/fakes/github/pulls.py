"""The stand-in's git refs, pull requests, reviews and checks."""

from __future__ import annotations

from tests.fakes.github import shapes
from tests.fakes.github.calls import PULL, REPO, Call, Refused, Reply, handles, invalid, missing
from tests.fakes.github.store import Pull, Repo

# ── git refs ─────────────────────────────────────────────────────────────────────────────────────────


def _ref(call: Call) -> tuple[str, str]:
    name = f"refs/{call.params['ref']}"
    return name, call.repo.remote.ref(name)


@handles("GET", REPO + "/git/ref/{ref}")
def one_ref(call: Call) -> Reply:
    """Where a ref points."""
    name, commit = _ref(call)
    if not commit:
        raise missing()
    return Reply(200, shapes.ref(call.base, call.repo, name, commit))


@handles("GET", REPO + "/git/matching-refs/{ref}")
def matching_refs(call: Call) -> Reply:
    """The refs that begin so."""
    found = call.repo.remote.refs(f"refs/{call.params['ref']}")
    return Reply(200, [shapes.ref(call.base, call.repo, name, commit) for name, commit in found])


@handles("POST", REPO + "/git/refs")
def make_ref(call: Call) -> Reply:
    """A new ref; whoever comes second is refused."""
    repo, name, commit = call.writable(), call.body["ref"], call.body["sha"]
    if not name.startswith("refs/") or name.count("/") < 2:
        raise Refused(422, "Reference name must start with 'refs/' and contain at least two slashes.")
    if not repo.remote.knows(commit):
        raise Refused(422, "Object does not exist")
    if repo.remote.ref(name):
        raise Refused(422, "Reference already exists")
    repo.remote.git("update-ref", name, commit)
    return Reply(201, shapes.ref(call.base, repo, name, commit))


@handles("PATCH", REPO + "/git/refs/{ref}")
def move_ref(call: Call) -> Reply:
    """Move a ref, forward unless forced."""
    repo, (name, old), commit = call.writable(), _ref(call), call.body["sha"]
    if not old:
        raise Refused(422, "Reference does not exist")
    forward = repo.remote.git("merge-base", "--is-ancestor", old, commit, okay=(0,)) if call.body.get("force") else ""
    if not call.body.get("force") and repo.remote.git("merge-base", old, commit, okay=(0, 1)) != old:
        raise Refused(422, f"Update is not a fast forward{forward}")
    repo.remote.git("update-ref", name, commit, old)
    return Reply(200, shapes.ref(call.base, repo, name, commit))


@handles("DELETE", REPO + "/git/refs/{ref}")
def drop_ref(call: Call) -> Reply:
    """Away with a ref; an open pull request of that branch is closed."""
    repo, (name, commit) = call.writable(), _ref(call)
    if not commit:
        raise Refused(422, "Reference does not exist")
    for one in list(repo.pulls.values()):
        if f"refs/heads/{one.head}" == name and repo.issues[one.number].state == "open":
            repo.close(one.number)
    repo.remote.git("update-ref", "-d", name, commit)
    return Reply(204)


@handles("POST", REPO + "/git/commits")
def make_commit(call: Call) -> Reply:
    """A commit that no branch holds."""
    repo, body = call.writable(), call.body
    parents = [word for parent in body.get("parents", []) for word in ("-p", parent)]
    if not all(map(repo.remote.knows, body.get("parents", []))):
        raise Refused(422, "Parent SHA does not exist")
    made = repo.remote.git("commit-tree", body["tree"], *parents, "-m", body["message"])
    return Reply(201, shapes.commit(call.base, repo, made))


@handles("GET", REPO + "/git/commits/{commit_sha}")
def one_commit(call: Call) -> Reply:
    """A commit as git has it."""
    if not call.repo.remote.knows(call.params["commit_sha"]):
        raise missing()
    return Reply(200, shapes.commit(call.base, call.repo, call.params["commit_sha"]))


# ── pull requests ────────────────────────────────────────────────────────────────────────────────────


def _pull(call: Call) -> Pull:
    if (found := call.repo.pulls.get(call.number("pull_number"))) is None:
        raise missing()
    return call.repo.follow(found)


@handles("GET", REPO + "/pulls")
def pulls(call: Call) -> Reply:
    """Pull requests, the newest first."""
    repo, query = call.repo, call.query

    def fits(one: Pull) -> bool:
        return (
            query.get("state", "open") in ("all", repo.issues[one.number].state)
            and query.get("head", f"{repo.owner}:{one.head}") == f"{repo.owner}:{one.head}"
            and query.get("base", one.base) == one.base
        )

    found = [one for one in map(repo.follow, repo.pulls.values()) if fits(one)]
    return call.listed(found[::-1], lambda one: shapes.pull_simple(call.base, repo, one))


@handles("POST", REPO + "/pulls")
def open_pull(call: Call) -> Reply:
    """A new pull request; there is one for a branch and a base at most."""
    repo, body = call.writable(), call.body
    head, base = body["head"].removeprefix(f"{repo.owner}:"), body["base"]
    for field, branch in (("head", head), ("base", base)):
        if not repo.remote.tip(branch):
            raise invalid("PullRequest", field)
    if repo.remote.holds(base, repo.remote.tip(head)):
        raise invalid("PullRequest", "head", "custom", f"No commits between {base} and {head}")
    for one in repo.pulls.values():
        if (one.head, one.base) == (head, base) and repo.issues[one.number].state == "open":
            raise invalid("PullRequest", "head", "custom", f"A pull request already exists for {repo.owner}:{head}.")
    issue = repo.issue(body["title"], body.get("body"), by=call.login)
    made = repo.pulls[issue.number] = Pull(issue.number, head, base, bool(body.get("draft")), repo.remote.tip(head))
    return Reply(201, shapes.pull(call.base, repo, made))


@handles("GET", PULL)
def one_pull(call: Call) -> Reply:
    """A pull request."""
    return Reply(200, shapes.pull(call.base, call.repo, _pull(call)))


@handles("PATCH", PULL)
def edit_pull(call: Call) -> Reply:
    """Another title or text; closed, or open again."""
    one, repo, body = _pull(call), call.writable(), call.body
    issue = repo.issues[one.number]
    issue.title, issue.body = body.get("title", issue.title), body.get("body", issue.body)
    if body.get("state") == "closed":
        repo.close(one.number)
    elif body.get("state") == "open" and not one.merged:
        issue.state, issue.closed = "open", 0.0
    repo.touch(one.number)
    return Reply(200, shapes.pull(call.base, repo, repo.follow(one)))


@handles("GET", PULL + "/merge")
def is_merged(call: Call) -> Reply:
    """Whether it is merged."""
    if not _pull(call).merged:
        raise missing()
    return Reply(204)


@handles("PUT", PULL + "/merge")
def merge(call: Call) -> Reply:
    """Merge it: 405 where it can't be, 409 where its head is not the one that was meant."""
    one, repo, body = _pull(call), call.writable(), call.body
    if one.merged or one.draft or repo.issues[one.number].state == "closed":
        raise Refused(405, "Pull Request is not mergeable")
    if body.get("sha", one.head_sha) != one.head_sha:
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    if why := repo.protected(one):
        raise Refused(405, why)
    method = body.get("merge_method", "merge")
    if method not in ("merge", "squash"):
        raise Refused(405, "Rebase merges are not allowed on this repository.")
    text = "\n\n".join(filter(None, (body.get("commit_title", ""), body.get("commit_message", ""))))
    made = repo.merge(one.number, by=call.login, method=method, text=text)
    if not made:
        raise Refused(405, "Pull Request is not mergeable")
    return Reply(200, {"sha": made, "merged": True, "message": "Pull Request successfully merged"})


# ── reviews ──────────────────────────────────────────────────────────────────────────────────────────


@handles("GET", PULL + "/reviews")
def reviews(call: Call) -> Reply:
    """What people said about it as a whole, the oldest first."""
    number, repo = _pull(call).number, call.repo
    found = [one for one in repo.reviews.values() if one.pull == number]
    return call.listed(found, lambda one: shapes.review(call.base, repo, one))


@handles("POST", PULL + "/reviews")
def review(call: Call) -> Reply:
    """Say something about it as a whole."""
    state = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}.get(call.body.get("event", ""), "COMMENTED")
    made = call.repo.review(_pull(call).number, state, call.body.get("body", ""), by=call.login)
    return Reply(200, shapes.review(call.base, call.repo, made))


@handles("GET", PULL + "/comments")
def notes(call: Call) -> Reply:
    """What people said about its lines."""
    number, repo = _pull(call).number, call.repo
    found = [one for one in repo.notes.values() if one.pull == number]
    return call.listed(found, lambda one: shapes.note(call.base, repo, one))


@handles("GET", PULL + "/reviews/{review_id}/comments")
def notes_of(call: Call) -> Reply:
    """What somebody said about its lines in one review."""
    review_id, repo = call.number("review_id"), call.repo
    found = [one for one in repo.notes.values() if one.review == review_id]
    return call.listed(found, lambda one: shapes.note(call.base, repo, one))


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────


def _commit(repo: Repo, named: str) -> str:
    commit = repo.remote.tip(named) or named
    if not repo.remote.knows(commit):
        raise Refused(422, f"No commit found for SHA: {named}")
    return commit


@handles("GET", REPO + "/commits/{ref}/check-runs")
def check_runs(call: Call) -> Reply:
    """The checks of a commit."""
    repo, commit = call.repo, _commit(call.repo, call.params["ref"])
    found = [one for one in repo.checks.values() if one.commit == commit]
    reply = call.listed(found, lambda one: shapes.check_run(call.base, repo, one))
    return Reply(200, {"total_count": len(found), "check_runs": reply.data}, reply.headers)


@handles("POST", REPO + "/check-runs")
def make_check(call: Call) -> Reply:
    """Only apps may."""
    repo, body = call.writable(), call.body
    if not call.login.endswith("[bot]"):
        raise Refused(403, "You must authenticate via a GitHub App.")
    output = body.get("output", {})
    made = repo.check(body["head_sha"], body["name"], body.get("conclusion", ""), summary=output.get("summary", ""))
    return Reply(201, shapes.check_run(call.base, repo, made))


@handles("GET", REPO + "/commits/{ref}/status")
def status(call: Call) -> Reply:
    """The statuses of a commit, and what they come to."""
    repo, commit = call.repo, _commit(call.repo, call.params["ref"])
    mine = {context: said for (sha, context), said in repo.statuses.items() if sha == commit}
    states = {state for state, _ in mine.values()}
    whole = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    root = f"{call.base}/repos/{repo.owner}/{repo.name}"
    reply = call.listed(list(mine.items()), lambda one: shapes.status(call.base, repo, commit, one[0], *one[1]))
    return Reply(
        200,
        {
            "state": whole,
            "sha": commit,
            "total_count": len(mine),
            "statuses": reply.data,
            "repository": shapes.repository(call.base, repo),
            "commit_url": f"{root}/commits/{commit}",
            "url": f"{root}/commits/{commit}/status",
        },
        reply.headers,
    )


@handles("POST", REPO + "/statuses/{sha}")
def set_status(call: Call) -> Reply:
    """Say how one check of a commit goes."""
    repo, body = call.writable(), call.body
    commit, context = _commit(repo, call.params["sha"]), body.get("context", "default")
    repo.statuses[commit, context] = (body["state"], body.get("description") or "")
    made = shapes.status(call.base, repo, commit, context, *repo.statuses[commit, context])
    return Reply(201, made | {"creator": shapes.user(call.base, call.login)})
