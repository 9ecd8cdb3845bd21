"""Secrets and lines that only look like some, made when they are needed: the repository itself scans clean."""

from __future__ import annotations

import hashlib
import random
import string
import uuid
from collections.abc import Callable

ALNUM = string.ascii_letters + string.digits


def _some(rng: random.Random, letters: str, count: int) -> str:
    return "".join(rng.choice(letters) for _ in range(count))


def _mixed(rng: random.Random, count: int) -> str:
    """Letters and digits, some of each."""
    return "a9" + _some(rng, ALNUM, count - 4) + "Z3"


def planted(seed: int = 1) -> dict[str, tuple[str, str]]:
    """Ten kinds of secret, each with a line of code that holds it, and the secret alone."""
    rng = random.Random(seed)
    made = {
        "aws": ("AKIA" + _some(rng, string.ascii_uppercase + "234567", 16), 'client(aws_key="{}")'),
        "github": ("ghp_" + _mixed(rng, 36), "origin = {}"),
        "anthropic": ("sk-ant-" + "api03-" + _mixed(rng, 93) + "AA", "export ANTHROPIC_KEY={}"),
        "slack": ("xoxb-" + _some(rng, string.digits, 12) + "-" + _mixed(rng, 24), "bot: {}"),
        "stripe": ("sk_live_" + _mixed(rng, 24), "charge('{}')"),
        "google": ("AIza" + "Sy" + _mixed(rng, 33), '<meta name="maps" content="{}">'),
        "jwt": ("eyJhbGciOiJIUzI1NiJ9" + ".eyJ" + _mixed(rng, 40) + "." + _mixed(rng, 43), "cookie: session={}"),
        "url": ("p4" + _mixed(rng, 14), "DATABASE = 'postgres://admin:{}@db.internal:5432/app'"),
        "password": ("Hq7!" + _mixed(rng, 12), 'password = "{}"'),
        "pem": (_mixed(rng, 64), "-----BEGIN RSA PRIVATE " + "KEY-----\n{}\n-----END RSA PRIVATE " + "KEY-----"),
    }  # fmt: skip
    return {name: (line.format(secret), secret) for name, (secret, line) in made.items()}


def clean_lines(seed: int = 1, count: int = 1000) -> list[str]:
    """Lines full of hashes, ids and names of secrets, with no secret in any."""
    rng = random.Random(seed)
    shapes: list[Callable[[], str]] = [
        lambda: f'"integrity": "sha512-{_some(rng, ALNUM + "+/", 86)}==",',
        lambda: f"commit {hashlib.sha1(rng.randbytes(8)).hexdigest()}",
        lambda: f'id = "{uuid.UUID(bytes=rng.randbytes(16))}"',
        lambda: f"checksum: sha256:{hashlib.sha256(rng.randbytes(8)).hexdigest()}",
        lambda: f'    digest = "{hashlib.md5(rng.randbytes(8)).hexdigest()}"  # of the file',
        lambda: "password = getpass.getpass('Password: ')",
        lambda: 'api_key = os.environ["API_KEY"]',
        lambda: "token: str = tokens[index].value",
        lambda: 'secret_key = "${SECRET_KEY}"',
        lambda: "password: changeme",
        lambda: f"input_tokens: {rng.randrange(10**9)}, output_tokens={rng.randrange(10**9)}",
        lambda: f"def test_token_{rng.randrange(999)}(self) -> None:",
        lambda: f"https://example.org/{uuid.UUID(bytes=rng.randbytes(16))}?page={rng.randrange(99)}",
        lambda: f"image: registry.example.org/app@sha256:{hashlib.sha256(rng.randbytes(8)).hexdigest()}",
        lambda: 'next_token = response.get("nextToken")',
        lambda: f'<span class="sk-circle-fade-dot sk-chase-{rng.randrange(9)}"></span>',
        lambda: f'etag = "{_some(rng, "0123456789abcdef", 32)}"',
        lambda: "git clone https://user@example.org/repo.git && cd repo",
        lambda: f"version = '{rng.randrange(9)}.{rng.randrange(99)}.{rng.randrange(99)}'",
        lambda: f"SSH_KEY=/home/ada/.ssh/id_{rng.randrange(99)}/key.pem",
        lambda: "postgres://user:${DB_PASSWORD}@localhost/app",
    ]
    return [rng.choice(shapes)() for _ in range(count)]
