"""What lies in a home and is nobody's business but its owner's: keys, logins, tokens, histories."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

_KEYS = ".ssh .gnupg .password-store .local/share/keyrings .config/op .vault-token .pgpass .my.cnf"
_CODE = (
    ".netrc .git-credentials .config/git/credentials .config/gh .config/hub .config/glab-cli .config/tea .subversion"
)
_CLOUD = ".aws .azure .config/gcloud .kube .docker .oci .config/doctl .config/hcloud .fly .terraform.d .config/rclone"
_PACKAGES = ".npmrc .yarnrc.yml .pypirc .cargo/credentials .cargo/credentials.toml .gem/credentials .m2/settings.xml"
_BROWSERS = ".mozilla .thunderbird .config/google-chrome .config/chromium .config/BraveSoftware snap/firefox"
_HISTORIES = ".bash_history .zsh_history .python_history .psql_history .mysql_history .node_repl_history .lesshst"
_AGENTS = ".claude .claude.json .codex .gemini .config/github-copilot .local/share/opencode .config/cockpit"

IN_HOME = tuple(
    name for group in (_KEYS, _CODE, _CLOUD, _PACKAGES, _BROWSERS, _HISTORIES, _AGENTS) for name in group.split()
)

ELSEWHERE = ("/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssh", "/root/.ssh")


def home_of(environ: Mapping[str, str]) -> Path:
    """The home whose secrets these are."""
    return Path(environ.get("HOME") or os.path.expanduser("~"))


def hidden(environ: Mapping[str, str], more: Iterable[str] = (), but: Iterable[str] = ()) -> tuple[str, ...]:
    """What is there of it, with symlinks resolved; `more` comes on top, and what `but` names stays to be seen."""
    home = home_of(environ)
    kept = {real(path, environ) for path in but}
    found = (real(path, environ) for path in (*(str(home / name) for name in IN_HOME), *ELSEWHERE, *more))
    return tuple(dict.fromkeys(path for path in found if path not in kept and os.path.exists(path)))


def real(path: str, environ: Mapping[str, str]) -> str:
    """A path as the kernel knows it; `~` is the agents' home."""
    home = str(home_of(environ))
    path = home + path[1:] if path == "~" or path.startswith("~/") else path
    return os.path.realpath(path)
