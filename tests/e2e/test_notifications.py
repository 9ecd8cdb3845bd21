"""Notifications to real servers on this machine, from real nights, with services that refuse and hang."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit import events
from cockpit.state import State, TaskState
from tests.e2e.desk import ended, sits_down
from tests.e2e.scripts import WORK, plan, scripted
from tests.fakes.services import http_service, mail_service, parts

SECRET = "ghp_" + "a1B2c3D4e" * 4


def everything_told(state: State) -> bool:
    return ended(state) and "finished" in "".join(state.told.said) and not state.told.is_behind


def test_a_night_tells_what_it_needs_and_sends_its_report_and_no_secret_leaves(tmp_path: Path) -> None:
    with http_service() as http, mail_service() as post:
        more = f"""
[notify]
urls = ["json://127.0.0.1:{http.port}/hook?to=${{HOOK_TOKEN}}", "ntfy://127.0.0.1:{http.port}/my-night",
        "mailto://127.0.0.1:{post.port}/?from=night@example.org&to=you@example.org&mode=insecure"]
digest_minutes = 0
"""
        root = scripted(tmp_path, WORK, merge="ask", more=more)
        plan(root, f"paint the {SECRET} door")
        with sits_down(root, {"HOOK_TOKEN": "hush-hush-hush"}) as user:
            user.ok("run", "PLAN.md", "--detach")
            first = http.waits_for(2)
            hook = next(one["body"] for one in first if one["path"].startswith("/hook"))
            assert hook["title"].startswith("repo: T1 waits for you: paint the [redacted")
            assert "`cockpit approve T1`" in hook["message"]
            user.ok("approve", "T1")
            state = user.sees(everything_told)
            shown = user.ok("notify") + user.ok("status", "--json") + user.ok("config", "show") + user.story()

        assert {box.sent for box in state.told.outboxes.values()} == {2}
        report = next(one["body"] for one in http.came[2:] if one["path"].startswith("/hook"))
        assert report["title"] == "repo: 1 landed; $0.25 (no cap)"
        assert report["message"].startswith("# The night of")
        mail = post.came[-1]
        found = parts(mail)
        assert mail["Subject"] == "repo: 1 landed; $0.25 (no cap)"
        assert found["report.md"].startswith("# The night of")
        assert "1 landed" in mail["Subject"]
        assert "Landed" in found["text/plain"]
        assert "text/html" not in found
        everything = json.dumps(http.came) + "".join(one.as_string() for one in post.came)
        assert SECRET not in everything + shown
        assert "hush-hush" not in shown
        assert "my-night" not in shown


def test_a_service_that_refuses_and_hangs_is_tried_again_and_the_night_does_not_wait(tmp_path: Path) -> None:
    with http_service() as http:
        http.answers += [500]
        more = f'[notify]\nurls = ["json://127.0.0.1:{http.port}?rto=120"]\nevents = ["needs_you"]\n'
        root = scripted(tmp_path, WORK, merge="ask", more=more)
        plan(root, "one")
        with sits_down(root) as user:
            user.ok("run", "PLAN.md", "--detach")
            http.waits_for(1)
            state = user.sees(lambda s: any(box.error for box in s.told.outboxes.values()))
            box = state.told.outboxes["json-1"]
            assert (box.tries, box.waiting) == (1, ("N1",))
            assert "500" in box.error
            assert "notify   json-1: 1 not told yet; ▲ it failed" in user.types("status").stdout
            assert "failed 1 time in a row" in user.types("doctor").stdout
            http.hangs.clear()  # the next try comes after some seconds, and nobody answers it
            http.waits_for(2)
            user.ok("approve", "T1")
            state = user.sees(lambda s: s.tasks["T1"].state is TaskState.LANDED)
            assert state.told.outboxes["json-1"].tries == 1, "the service still hangs"
            http.hangs.set()
            user.sees(lambda s: ended(s) and not s.told.is_behind)


def test_an_engine_that_comes_back_repeats_nothing(tmp_path: Path) -> None:
    with http_service() as http:
        more = f'[notify]\nurls = ["json://127.0.0.1:{http.port}"]\ndigest_minutes = 0\n'
        root = scripted(tmp_path, WORK, merge="ask", more=more)
        plan(root, "one")
        with sits_down(root) as user:
            user.ok("run", "PLAN.md", "--detach")
            user.sees(lambda s: any(box.sent for box in s.told.outboxes.values()))
            user.ok("stop", "--now")
            user.ok("resume", "--all")
            user.sees(lambda s: s.halt is None and s.night and s.engine.started > s.night.started)
            user.ok("approve", "T1")
            user.sees(everything_told)
            raised = [r.event.key for r in user.log() if isinstance(r.event, events.NotificationRaised)]

        assert len(raised) == len(set(raised)) == 2
        assert [one["body"]["title"] for one in http.came] == [
            "repo: T1 waits for you: one",
            "repo: 1 landed; $0.25 (no cap)",
        ]


def test_a_test_message_says_how_each_service_took_it_and_a_report_goes_by_mail(tmp_path: Path) -> None:
    with http_service() as http, mail_service() as post:
        http.answers += [403]
        more = f"""
[notify]
urls = ["json://user:hush-hush@127.0.0.1:{http.port}/secret-hook",
        "mailto://127.0.0.1:{post.port}/?from=night@example.org&to=you@example.org&mode=insecure"]
"""
        root = scripted(tmp_path, WORK, more=more)
        with sits_down(root) as user:
            found = user.types("notify", "test")
            assert found.returncode == 1
            assert "✗ json-1: " in found.stdout
            assert "403" in found.stdout
            assert "✓ mailto-2: taken in" in found.stdout
            assert "hush" not in found.stdout + found.stderr
            assert "secret-hook" not in found.stdout + found.stderr
            assert user.types("notify", "test").returncode == 0
            assert "✓ mailto-2" in user.ok("report", "--mail")

        assert parts(post.came[-1])["report.md"].startswith("# Cockpit report")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('urls = ["hush-hush"]', "notify.urls.0 = '…': Value error, expected a URL of apprise"),
        ('urls = ["bogus://hush-hush"]', "notify.urls.0 = 'bogus://…': no service that apprise knows"),
        ('quiet = "23-7"', "notify.quiet = '23-7': Value error, expected HH:MM-HH:MM"),
        ('events = ["party"]', "notify.events.0 = 'party'"),
    ],
)
def test_a_wrong_configuration_is_said_without_secrets(tmp_path: Path, text: str, words: str) -> None:
    root = scripted(tmp_path, WORK, more=f"[notify]\n{text}\n")
    with sits_down(root) as user:
        said = user.fails("config", "check")

        assert words in said
        assert "hush" not in said
        assert words in user.fails("run", "--detach")


def test_without_a_service_it_says_how_to_name_one(tmp_path: Path) -> None:
    root = scripted(tmp_path, WORK)
    with sits_down(root) as user:
        assert "names no service" in user.fails("notify", "test")
        assert "names no mail address" in user.fails("report", "--mail")
