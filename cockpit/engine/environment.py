"""The environment that agents, gates and reviewers get: an allow-list, and the user's additions.

Gateways, proxies and certificates must reach the agents, or they can't work where the user can; other
secrets of the user's shell must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

_GROUPS = (
    "COCKPIT_FOLDER COCKPIT_ENGINE PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TMPDIR TERM COLORTERM XDG_*",
    "ANTHROPIC_* CLAUDE_CODE_* CLAUDE_CONFIG_DIR IS_SANDBOX",
    "HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy",
    "SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO",
    "PIP_* UV_* NPM_CONFIG_* npm_config_* CARGO_HOME RUSTUP_HOME GOPATH GOFLAGS GOPROXY JAVA_HOME PYENV_*",
)
ALLOWED = tuple(name for group in _GROUPS for name in group.split())

SECRETS_OF_THE_AGENT = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
"""What only an agent or a reviewer needs; gates and setup commands go without."""


def allowed(environ: Mapping[str, str], more: Iterable[str] = ()) -> dict[str, str]:
    """The variables of `environ` that an agent gets; `more` are further names or patterns."""
    patterns = (*ALLOWED, *more)
    return {k: v for k, v in environ.items() if any(fnmatchcase(k, p) for p in patterns)}


def for_commands(environ: Mapping[str, str], more: Iterable[str] = ()) -> dict[str, str]:
    """The same without the agent's own keys: for gates and setup commands."""
    return {k: v for k, v in allowed(environ, more).items() if k not in SECRETS_OF_THE_AGENT}


def git_settings() -> dict[str, str]:
    """What keeps git from asking anybody, who would not be there: for a passphrase, a password, or in an editor."""
    unsigned = {"commit.gpgSign": "false", "tag.gpgSign": "false", "merge.verifySignatures": "false", "gc.auto": "0"}
    variables = {"GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", "GIT_CONFIG_COUNT": str(len(unsigned))}
    for number, (key, value) in enumerate(unsigned.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def ports(first: int, agent: int) -> dict[str, str]:
    """An agent's own range of twenty ports, so that dev servers of several agents don't collide."""
    low = first + 20 * (agent - 1)
    return {"COCKPIT_PORT": str(low), "COCKPIT_PORT_LAST": str(low + 19), "PORT": str(low)}


def can_stand_in(variables: Mapping[str, str], kind: str) -> bool:
    """Whether there is a key that a helper can hold instead of the agent: not a login, nor another cloud's."""
    elsewhere = (
        "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_USE_VERTEX",
        "CLAUDE_CODE_USE_FOUNDRY",
    )
    has_key = variables.get("ANTHROPIC_API_KEY") or variables.get("ANTHROPIC_AUTH_TOKEN")
    return kind in ("claude", "api") and bool(has_key) and not any(variables.get(name) for name in elsewhere)


def without_keys(variables: Mapping[str, str]) -> dict[str, str]:
    """The same without what the helper holds."""
    return {k: v for k, v in variables.items() if k not in SECRETS_OF_THE_AGENT}


def keys(environ: Mapping[str, str]) -> dict[str, str]:
    """What a host needs to stand in for the model's service."""
    return {k: environ[k] for k in SECRETS_OF_THE_AGENT if k in environ}
