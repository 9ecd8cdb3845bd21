"""The remote: what is there, bringing it here, and pushing to it; nothing is ever forced.

A token goes to git by its environment alone: it is on no disk, in no command line and in no configuration.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from cockpit.repo.repository import Repository, check_branch_name
from cockpit.repo.runner import ask, message, run, says_yes
from cockpit.repo.staging import identity

SEEN = "refs/cockpit/remote/"
"""Where branches of the remote are kept here as they were seen; the user's own remote branches are let be."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What the remote has now."""

    branch: str
    commit: str


def credentials(url: str, token: str) -> Mapping[str, str]:
    """Variables that let git use a token for an address; none for one that takes no token."""
    settings = [("credential.helper", "")]  # no other program is asked, and none is told
    if token and url.startswith(("https://", "http://")):
        coded = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        settings.append((f"http.{url}.extraHeader", f"Authorization: Basic {coded}"))
    variables = {"GIT_CONFIG_COUNT": str(len(settings)), "GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
    for number, (key, value) in enumerate(settings):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def fetch(repo: Repository, url: str, branch: str, variables: Mapping[str, str]) -> str:
    """Bring a branch of the remote here; its commit, empty where the remote has none of that name."""
    check_branch_name(repo, branch)
    name = f"refs/heads/{branch}"
    listed = ask(repo.root, "ls-remote", "--", url, name, environment=variables)
    found = [line.split("\t")[0] for line in listed.splitlines() if line.endswith(f"\t{name}")]
    if not found:
        return ""
    if not knows(repo, found[0]):
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
        run(repo.root, "fetch", *options, "--", url, f"+{name}:{SEEN}{branch}", environment=variables)
        return repo.commit_of(f"{SEEN}{branch}")
    run(repo.root, "update-ref", f"{SEEN}{branch}", found[0])
    return found[0]


def push(repo: Repository, url: str, branch: str, head: str, ours: str, variables: Mapping[str, str]) -> Pushed:
    """Have the remote hold `head` on `branch`; `ours` is what was pushed there before, empty for nothing.

    What was rebased since is pushed on top of what is there, as a commit with the new files and both as parents. Where
    the remote's branch holds what nobody here knows of, another name is taken.
    """
    there, head = fetch(repo, url, branch, variables), repo.commit_of(head)
    if not there or repo.is_ancestor(there, head):
        return _send(repo, url, branch, head, there, variables)
    if there == ours or _is_over(repo, there, head, ours):
        same = repo.is_ancestor(head, there) and same_files(repo, head, there)
        return Pushed(branch, there) if same else _send(repo, url, branch, _over(repo, head, there), there, variables)
    return push(repo, url, f"{branch}-{head[:8]}", head, "", variables)


def _send(repo: Repository, url: str, branch: str, commit: str, there: str, variables: Mapping[str, str]) -> Pushed:
    if commit != there:
        options = ("--quiet", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no")
        run(repo.root, "push", *options, "--", url, f"{commit}:refs/heads/{branch}", environment=variables)
    return Pushed(branch, commit)


def lacks(repo: Repository, theirs: str, ours: str) -> int:
    """How many commits of ours the remote's branch does not have."""
    return int(ask(repo.root, "rev-list", "--count", f"{theirs}..{ours}"))


def same_files(repo: Repository, one: str, other: str) -> bool:
    """Whether two commits hold the same."""
    return says_yes(repo.root, "diff", "--quiet", "--no-ext-diff", one, other)


def knows(repo: Repository, commit: str) -> bool:
    """Whether a commit is here."""
    return run(repo.root, "cat-file", "-e", f"{commit}^{{commit}}", okay=(0, 1, 128)).status == 0


def _is_over(repo: Repository, there: str, head: str, ours: str) -> bool:
    """Whether what is there is a commit that we made over `ours`, before we died and could say so."""
    return bool(ours) and ask(repo.root, "rev-parse", f"{there}^@").split() == [head, ours]


def _over(repo: Repository, head: str, there: str) -> str:
    """The files of `head`, as a commit that holds what is there as well; the same two give the same commit."""
    date = f"@{ask(repo.root, 'log', '-1', '--no-show-signature', '--format=%ct', head)} +0000"
    variables = identity(repo.root) | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    text = message(f"Rebased: the same work as {head[:10]}\n\nWhat was pushed before stays part of the branch.")
    parents = ("-p", head, "-p", there)
    return ask(repo.root, "commit-tree", f"{head}^{{tree}}", *parents, "-m", text, environment=variables)
