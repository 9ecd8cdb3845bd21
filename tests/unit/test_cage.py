"""The cages: what they are made of, which one is chosen, and that nothing runs in less than was asked for."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit import codec
from cockpit.agents import LaunchError
from cockpit.cage import BUBBLEWRAP, LANDLOCK, NONE, SEATBELT, Cage, CageError, Kind, bubblewrap, choice, landlock, wrap
from cockpit.cage.seatbelt import profile
from cockpit.cage.secrets import hidden
from cockpit.hosts import process
from cockpit.hosts.caged import caged
from tests.e2e.cages import KINDS, need


def folders(tmp_path: Path) -> Cage:
    """A home with a secret and two worktrees, one of which is the process's own."""
    for name in ("trees/mine", "trees/theirs", "home/.ssh", "tmp"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home" / ".ssh" / "key").write_text("secret")
    (tmp_path / "trees" / "mine" / ".git").write_text("gitdir: there")
    mine = tmp_path / "trees" / "mine"
    return Cage(
        home=str(mine),
        writable=(str(mine),),
        frozen=(str(mine / ".git"),),
        hidden=(str(tmp_path / "trees"), str(tmp_path / "home" / ".ssh")),
        shown=(str(tmp_path),),
        tmp=str(tmp_path / "tmp"),
    )


def runs(cage: Cage, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        wrap(cage, ["sh", "-c", script]), capture_output=True, text=True, env={**os.environ, **more}, check=False
    )


def of_kind(kind: Kind, cage: Cage) -> Cage:
    data = codec.encode(cage) | {"kind": kind}
    return codec.decode(Cage, data)


@pytest.mark.parametrize("kind", KINDS)
def test_it_writes_its_own_and_reads_no_secret(tmp_path: Path, kind: Kind) -> None:
    need(kind)
    cage = of_kind(kind, folders(tmp_path))
    done = runs(
        cage, f"cd {cage.home}; echo work > new; mkdir deep; mv new deep/; cat deep/new; cat {tmp_path}/home/.ssh/*"
    )
    assert done.stdout == "work\n"
    assert "secret" not in done.stdout
    assert done.returncode != 0
    assert runs(cage, f"touch {tmp_path}/trees/theirs/x {tmp_path}/x").returncode != 0
    assert os.listdir(tmp_path / "trees" / "theirs") == []
    assert (tmp_path / "trees" / "mine" / "deep" / "new").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_it_gets_no_new_privileges(tmp_path: Path, kind: Kind) -> None:
    need(kind)
    said = runs(of_kind(kind, folders(tmp_path)), "exec grep -E 'NoNewPrivs|CapEff' /proc/self/status").stdout
    if kind == BUBBLEWRAP:  # under Landlock it may not even look
        assert "NoNewPrivs:\t1" in said
        assert int(said.partition("CapEff:")[2].split()[0], 16) & (1 << 21) == 0, "it can mount things"
    said = runs(of_kind(kind, folders(tmp_path / "again")), "setpriv --dump").stdout
    assert "no_new_privs: 1" in said


def test_in_bubblewrap_nobody_outside_is_seen_and_all_die_with_the_first(tmp_path: Path) -> None:
    need(BUBBLEWRAP)
    cage = of_kind(BUBBLEWRAP, folders(tmp_path))
    seen = runs(cage, "ls -d /proc/[0-9]* | wc -l; ls -A /run /tmp | grep -c sock").stdout.split()
    assert int(seen[0]) < 8
    assert seen[1] == "0"


def test_a_cage_that_cant_be_made_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "it-ran"
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'bwrap: no permissions' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(LaunchError, match=r"can't be made, so nothing was started: bwrap: no permissions"):
        caged(Cage(BUBBLEWRAP), ["touch", str(marker)])
    assert not marker.exists()


def test_landlock_that_cant_be_put_in_force_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Sequence[str]] = []
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(os, "execvp", lambda *words: ran.append(words))
    assert landlock.main([json.dumps({"kind": LANDLOCK}), "--", "touch", str(tmp_path / "x")]) == landlock.REFUSED
    assert not ran


def test_the_tightest_that_works_is_chosen_and_none_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(choice, "tried", lambda kind: "" if kind == LANDLOCK else "not installed")
    monkeypatch.setattr(landlock, "version", lambda: 3)
    assert choice.choose("auto").kind == LANDLOCK
    assert "can be signalled" in choice.choose("auto").note
    with pytest.raises(CageError, match="bubblewrap: not installed"):
        choice.choose("bubblewrap")

    monkeypatch.setattr(choice, "tried", lambda kind: "no")
    found = choice.choose("auto")
    assert found.kind == NONE
    assert "agents can read and write whatever you can" in found.note
    with pytest.raises(CageError, match="bubblewrap: no; landlock: no"):
        choice.choose("auto", require=True)
    with pytest.raises(CageError, match="contradict"):
        choice.choose("none", require=True)


def test_on_a_mac_it_is_sandbox_exec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(choice, "tried", lambda _: "")
    assert choice.choose("auto").kind == SEATBELT
    with pytest.raises(CageError, match="not for this system"):
        choice.choose("landlock")


def test_the_profile_for_sandbox_exec(tmp_path: Path) -> None:
    cage = folders(tmp_path)
    lines = profile(cage).splitlines()
    assert lines[:3] == ["(version 1)", "(allow default)", "(deny file-write*)"]
    rules = [
        f'(deny file-read* (subpath "{tmp_path}/trees"))',
        f'(allow file-read* (subpath "{tmp_path}/trees/mine"))',
        f'(allow file-write* (subpath "{tmp_path}/trees/mine"))',
        f'(deny file-write* (literal "{tmp_path}/trees/mine/.git"))',
    ]
    places = [lines.index(rule) for rule in rules]
    assert places == sorted(places), "the later rule counts"
    assert "(deny network*)" not in lines
    assert '(subpath "' not in profile(Cage(SEATBELT, hidden=('/quote"d',)))


def test_mounts_are_made_from_the_outside_in(tmp_path: Path) -> None:
    cage = folders(tmp_path)
    paths = [words[-1] for words in bubblewrap.mounts(cage)]
    mine = f"{tmp_path}/trees/mine"
    assert paths.index(f"{tmp_path}/trees") < paths.index(mine) < paths.index(f"{mine}/.git")
    assert ("--remount-ro", f"{tmp_path}/trees") in bubblewrap.mounts(cage)


def test_what_a_variable_names_in_a_writable_folder_stays_writable(tmp_path: Path) -> None:
    need(BUBBLEWRAP)
    cage = folders(tmp_path)
    log = Path(cage.home) / "log"  # a variable names it, so it is shown wherever it lies
    log.write_text("one\n")
    done = runs(replace(cage, kind=BUBBLEWRAP, shown=(*cage.shown, str(log))), f"echo two >> {log}")
    assert done.returncode == 0, done.stderr
    assert log.read_text() == "one\ntwo\n"


def test_a_file_of_git_that_goes_while_the_cage_is_made_keeps_nothing_from_starting(tmp_path: Path) -> None:
    """Commands of git beside it make and remove locks at any moment."""
    need(BUBBLEWRAP)
    git = tmp_path / "git"
    git.mkdir()
    for name in ("HEAD", "ORIG_HEAD", "HEAD.lock"):
        (git / name).touch()
    cage = replace(folders(tmp_path), kind=BUBBLEWRAP, rebuilt=(str(git),))
    line = wrap(cage, ["ls", str(git)])
    (git / "ORIG_HEAD").unlink()
    (git / "HEAD.lock").unlink()
    done = subprocess.run(line, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "HEAD\n"), done.stderr

    (git / "HEAD.lock").touch()  # one that is there is nobody's business inside, and would seem to be held for ever
    assert runs(cage, f"ls {git}").stdout == "HEAD\n"


def test_secrets_of_the_home_are_those_that_are_there_but_for_what_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "real-ssh").mkdir()
    (tmp_path / ".ssh").symlink_to(tmp_path / "real-ssh")
    (tmp_path / ".npmrc").write_text("token")
    (tmp_path / "notes").mkdir()
    found = hidden({"HOME": str(tmp_path)}, ["~/notes"])
    assert {str(tmp_path / name) for name in ("real-ssh", ".npmrc", "notes")} <= set(found)
    assert str(tmp_path / ".aws") not in found
    assert str(tmp_path / ".npmrc") not in hidden({"HOME": str(tmp_path)}, but=["~/.npmrc"])


def test_what_git_changes_in_your_checkout_while_a_cage_is_made_is_no_part_of_it(tmp_path: Path) -> None:
    for name in ("HEAD", "ORIG_HEAD", "index", "index.lock"):
        (tmp_path / name).touch()
    words = bubblewrap.wrap(Cage(kind=BUBBLEWRAP, home="/", rebuilt=(str(tmp_path),), tmp="/tmp"), ["true"])

    shown = [Path(word).name for word in words if word.startswith(f"{tmp_path}/")]
    assert set(shown) == {"HEAD"}


def test_signals_find_what_runs_in_the_cage(tmp_path: Path) -> None:
    need(BUBBLEWRAP)
    cage = of_kind(BUBBLEWRAP, folders(tmp_path))
    with subprocess.Popen(wrap(cage, ["sh", "-c", "echo up; exec sleep 60"]), stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        inner = process.inmost(child.pid)
        assert inner != child.pid
        gone = os.pidfd_open(inner)
        child.kill()
        assert select.select([gone], [], [], 10)[0], "it lived on when its cage was killed"
        os.close(gone)
