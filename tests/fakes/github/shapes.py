"""What GitHub sends: the stand-in's records in the shapes of GitHub's description."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.github.store import Check, Comment, Issue, Label, Note, Pull, Repo, Review

Shape = dict[str, Any]
RIGHTS = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}

USER_URLS = [
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
    "events",
]
REPO_URLS = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "clone",
    "git",
    "ssh",
    "svn",
]


def when(seconds: float) -> str:
    """A time as GitHub writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _maybe(seconds: float) -> str | None:
    return when(seconds) if seconds else None


def _id(name: str) -> int:
    return zlib.crc32(name.encode()) + 1


def user(base: str, login: str) -> Shape:
    """An account; those that end in `[bot]` are apps."""
    url = f"{base}/users/{login}"
    return {
        "login": login,
        "id": _id(login),
        "node_id": f"U_{login}",
        "avatar_url": f"{url}/avatar",
        "gravatar_id": "",
        "url": url,
        "html_url": url,
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
        **{f"{name}_url": f"{url}/{name}" for name in USER_URLS},
    }


def own_user(base: str, login: str) -> Shape:
    """The account of whoever asks."""
    nothing = dict.fromkeys(("bio", "blog", "company", "email", "location", "name", "hireable"))
    zero = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
    dates = {"created_at": when(0), "updated_at": when(0)}
    return user(base, login) | nothing | zero | dates | {"user_view_type": "public"}


def repository(base: str, repo: Repo, login: str = "") -> Shape:
    """A repository, and what somebody may do there."""
    rights = {name: repo.may(login, right) for name, right in RIGHTS.items()}
    url = f"{base}/repos/{repo.owner}/{repo.name}"
    zero = [
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "size",
        "stargazers_count",
        "watchers",
        "watchers_count",
    ]
    no = ["fork", "has_projects", "has_wiki", "has_pages", "has_discussions", "has_downloads", "archived", "disabled"]
    nothing = ["description", "homepage", "language", "mirror_url", "license"]
    return {
        "id": 7,
        "node_id": "R_7",
        "name": repo.name,
        "full_name": f"{repo.owner}/{repo.name}",
        "owner": user(base, repo.owner),
        "private": True,
        "html_url": repo.html_url,
        "url": url,
        "default_branch": repo.default_branch,
        "has_issues": True,
        "pushed_at": when(0),
        "created_at": when(0),
        "updated_at": when(0),
        "network_count": 0,
        "subscribers_count": 0,
        "permissions": rights,
        **dict.fromkeys(zero, 0),
        **dict.fromkeys(no, False),
        **dict.fromkeys(nothing),
        **{f"{name}_url": f"{url}/{name}" for name in REPO_URLS},
        "clone_url": f"{repo.html_url}.git",
    }


def label(base: str, repo: Repo, one: Label) -> Shape:
    """A label."""
    return {
        "id": _id(one.name),
        "node_id": f"L_{_id(one.name)}",
        "url": f"{base}/repos/{repo.owner}/{repo.name}/labels/{one.name}",
        "name": one.name,
        "color": one.color,
        "description": one.description,
        "default": False,
    }


def issue(base: str, repo: Repo, one: Issue) -> Shape:
    """An issue, or the issue that every pull request is as well."""
    root = f"{base}/repos/{repo.owner}/{repo.name}"
    url = f"{root}/issues/{one.number}"
    done = sum(repo.issues[number].state == "closed" for number in one.sub_issues)
    shape: Shape = {
        "id": one.id,
        "node_id": f"I_{one.id}",
        "number": one.number,
        "url": url,
        "repository_url": root,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": f"{repo.html_url}/issues/{one.number}",
        "state": one.state,
        "state_reason": one.state_reason,
        "title": one.title,
        "body": one.body,
        "user": user(base, one.user),
        "labels": [label(base, repo, repo.labels[name]) for name in one.labels],
        "assignee": user(base, one.assignees[0]) if one.assignees else None,
        "assignees": [user(base, login) for login in one.assignees],
        "milestone": None,
        "locked": False,
        "comments": sum(comment.issue == one.number for comment in repo.comments.values()),
        "closed_at": _maybe(one.closed),
        "created_at": when(one.created),
        "updated_at": when(one.updated),
        "author_association": repo.association(one.user),
        "sub_issues_summary": {
            "total": len(one.sub_issues),
            "completed": done,
            "percent_completed": done * 100 // max(1, len(one.sub_issues)),
        },
    }
    if one.number in repo.pulls:
        links = {"url": f"{root}/pulls/{one.number}", "html_url": f"{repo.html_url}/pull/{one.number}"}
        shape["pull_request"] = links | {"diff_url": None, "patch_url": None}
    return shape


def comment(base: str, repo: Repo, one: Comment) -> Shape:
    """A comment on an issue or pull request."""
    root = f"{base}/repos/{repo.owner}/{repo.name}"
    return {
        "id": one.id,
        "node_id": f"IC_{one.id}",
        "url": f"{root}/issues/comments/{one.id}",
        "html_url": f"{repo.html_url}/issues/{one.issue}#issuecomment-{one.id}",
        "issue_url": f"{root}/issues/{one.issue}",
        "body": one.body,
        "user": user(base, one.user),
        "created_at": when(one.created),
        "updated_at": when(one.updated),
        "author_association": repo.association(one.user),
    }


def ref(base: str, repo: Repo, name: str, commit: str) -> Shape:
    """A git ref."""
    root = f"{base}/repos/{repo.owner}/{repo.name}/git"
    target = {"type": "commit", "sha": commit, "url": f"{root}/commits/{commit}"}
    return {"ref": name, "node_id": f"REF_{name}", "url": f"{root}/{name}", "object": target}


def commit(base: str, repo: Repo, name: str) -> Shape:
    """A commit as the git database has it."""
    words = repo.remote.git("log", "-1", "--format=%H %T %ct %P", name).split()
    url, text = f"{base}/repos/{repo.owner}/{repo.name}/git", repo.remote.git("log", "-1", "--format=%B", name)
    someone = {"name": "GitHub", "email": "noreply@github.com", "date": when(int(words[2]))}
    return {
        "sha": words[0],
        "node_id": f"C_{words[0]}",
        "url": f"{url}/commits/{words[0]}",
        "html_url": f"{repo.html_url}/commit/{words[0]}",
        "author": someone,
        "committer": someone,
        "message": text,
        "tree": {"sha": words[1], "url": f"{url}/trees/{words[1]}"},
        "parents": [{"sha": p, "url": f"{url}/commits/{p}", "html_url": repo.html_url} for p in words[3:]],
        "verification": {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        },
    }


def pull_simple(base: str, repo: Repo, one: Pull) -> Shape:
    """A pull request as lists give it."""
    root = f"{base}/repos/{repo.owner}/{repo.name}"
    url, issued = f"{root}/pulls/{one.number}", issue(base, repo, repo.issues[one.number])
    kept = "node_id number state locked title body user labels assignee assignees milestone closed_at created_at"
    page = f"{repo.html_url}/pull/{one.number}"
    links = ["self", "html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses"]
    return {
        **{key: issued[key] for key in kept.split()},
        "id": one.number + 50_000,
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issued["url"],
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{url}/comments{{/number}}",
        "comments_url": issued["comments_url"],
        "statuses_url": f"{root}/statuses/{one.head_sha}",
        "updated_at": issued["updated_at"],
        "merged_at": _maybe(one.merged),
        "merge_commit_sha": one.merge_commit or None,
        "draft": one.draft,
        "head": _end(base, repo, one.head, one.head_sha),
        "base": _end(base, repo, one.base, repo.remote.tip(one.base)),
        "author_association": issued["author_association"],
        "auto_merge": None,
        "requested_reviewers": [],
        "requested_teams": [],
        "_links": {name: {"href": f"{url}/{name}"} for name in links},
    }


def _end(base: str, repo: Repo, branch: str, commit: str) -> Shape:
    return {
        "label": f"{repo.owner}:{branch}",
        "ref": branch,
        "sha": commit,
        "user": user(base, repo.owner),
        "repo": repository(base, repo),
    }


def pull(base: str, repo: Repo, one: Pull) -> Shape:
    """A pull request by itself."""
    mergeable = repo.mergeable(one)
    zero = ["review_comments", "commits", "additions", "deletions", "changed_files"]
    return pull_simple(base, repo, one) | {
        "merged": bool(one.merged),
        "mergeable": mergeable,
        "mergeable_state": "clean" if mergeable else "dirty",
        "merged_by": user(base, one.merged_by) if one.merged_by else None,
        "comments": issue(base, repo, repo.issues[one.number])["comments"],
        "maintainer_can_modify": False,
        "rebaseable": mergeable,
        **dict.fromkeys(zero, 0),
    }


def review(base: str, repo: Repo, one: Review) -> Shape:
    """A person's review of a pull request."""
    url = f"{base}/repos/{repo.owner}/{repo.name}/pulls/{one.pull}"
    page = f"{repo.html_url}/pull/{one.pull}#pullrequestreview-{one.id}"
    return {
        "id": one.id,
        "node_id": f"PRR_{one.id}",
        "user": user(base, one.user),
        "body": one.body,
        "state": one.state,
        "html_url": page,
        "pull_request_url": url,
        "submitted_at": when(one.submitted),
        "commit_id": one.commit,
        "author_association": repo.association(one.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
    }


def note(base: str, repo: Repo, one: Note) -> Shape:
    """A comment at a line of a pull request."""
    root = f"{base}/repos/{repo.owner}/{repo.name}/pulls"
    page = f"{repo.html_url}/pull/{one.pull}#discussion_r{one.id}"
    ends = {"self": f"{root}/comments/{one.id}", "html": page, "pull_request": f"{root}/{one.pull}"}
    return {
        "id": one.id,
        "node_id": f"PRRC_{one.id}",
        "url": ends["self"],
        "html_url": page,
        "pull_request_url": ends["pull_request"],
        "pull_request_review_id": one.review,
        "diff_hunk": "@@ -1 +1 @@",
        "path": one.path,
        "line": one.line,
        "original_line": one.line,
        "side": "RIGHT",
        "position": one.line,
        "original_position": one.line,
        "commit_id": one.commit,
        "original_commit_id": one.commit,
        "user": user(base, one.user),
        "body": one.body,
        "created_at": when(one.created),
        "updated_at": when(one.created),
        "author_association": repo.association(one.user),
        "_links": {name: {"href": href} for name, href in ends.items()},
    }


def check_run(base: str, repo: Repo, one: Check) -> Shape:
    """A check of a commit."""
    root = f"{base}/repos/{repo.owner}/{repo.name}"
    page = f"{repo.html_url}/runs/{one.id}"
    return {
        "id": one.id,
        "node_id": f"CR_{one.id}",
        "head_sha": one.commit,
        "name": one.name,
        "external_id": "",
        "url": f"{root}/check-runs/{one.id}",
        "html_url": page,
        "details_url": page,
        "status": "completed" if one.conclusion else "in_progress",
        "conclusion": one.conclusion or None,
        "started_at": when(one.started),
        "completed_at": when(one.started) if one.conclusion else None,
        "check_suite": {"id": 1},
        "app": None,
        "pull_requests": [],
        "output": {
            "title": one.title or None,
            "summary": one.summary or None,
            "text": one.text or None,
            "annotations_count": 0,
            "annotations_url": f"{root}/check-runs/{one.id}/annotations",
        },
    }


def status(base: str, repo: Repo, commit: str, context: str, state: str, text: str) -> Shape:
    """One commit status."""
    return {
        "url": f"{base}/repos/{repo.owner}/{repo.name}/statuses/{commit}",
        "avatar_url": None,
        "id": _id(context),
        "node_id": f"SC_{_id(context)}",
        "state": state,
        "description": text,
        "target_url": f"{repo.html_url}/ci/{context}",
        "context": context,
        "created_at": when(0),
        "updated_at": when(0),
    }
