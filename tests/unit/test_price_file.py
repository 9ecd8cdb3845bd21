"""Prices kept from one engine to the next: they save the look-up, and count for nothing else than they were made of."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cockpit.config import check
from cockpit.engine import price_file, pricing

CONFIG = check({"budget": {"night_usd": 5.0}}, Path("cockpit.toml"))
MODEL = "claude-opus-4-8"


def changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Write what was kept another way."""
    path = folder / price_file.NAME
    kept = json.loads(path.read_text())
    change(kept)
    path.write_text(json.dumps(kept))


def dearer(kept: dict[str, Any]) -> None:
    kept["priced"]["review_usd"] = 77.0


def test_the_prices_are_looked_up_once_and_then_read(tmp_path: Path) -> None:
    looked_up = pricing.known(CONFIG, {}, {MODEL})

    assert price_file.known(tmp_path, CONFIG, {}, {MODEL}) == looked_up
    assert price_file.known(tmp_path, CONFIG, {}, {MODEL}) == looked_up, "as the file has them"
    assert (tmp_path / price_file.NAME).stat().st_mode & 0o777 == 0o600
    changed(tmp_path, dearer)
    assert price_file.known(tmp_path, CONFIG, {}, {MODEL}).review_usd == 77.0, "so it is the file that was asked"


@pytest.mark.parametrize(
    ("config", "more"),
    [
        (CONFIG, set()),
        (CONFIG.model_copy(update={"agents": CONFIG.agents.model_copy(update={"kind": "api"})}), {MODEL}),
        (check({"budget": {"answer_tokens": 9_000}}, Path("cockpit.toml")), {MODEL}),
        (check({"prices": {MODEL: {"input": 900.0, "output": 900.0}}}, Path("cockpit.toml")), {MODEL}),
    ],
)
def test_what_was_kept_counts_for_nothing_else(tmp_path: Path, config: Any, more: set[str]) -> None:
    price_file.known(tmp_path, CONFIG, {}, {MODEL})
    changed(tmp_path, dearer)

    assert price_file.known(tmp_path, config, {}, more) == pricing.known(config, {}, more)


@pytest.mark.parametrize(
    "harm",
    [
        lambda kept: kept.update(at=time.time() - price_file.DAY),
        lambda kept: kept.update(at=time.time() + 60),
        lambda kept: kept.update(priced={"answers": 5}),
        lambda kept: kept.clear(),
    ],
)
def test_in_doubt_they_are_looked_up(tmp_path: Path, harm: Callable[[dict[str, Any]], object]) -> None:
    looked_up = price_file.known(tmp_path, CONFIG, {}, {MODEL})
    changed(tmp_path, dearer)
    changed(tmp_path, harm)

    assert price_file.known(tmp_path, CONFIG, {}, {MODEL}) == looked_up
    (tmp_path / price_file.NAME).write_text("no JSON")
    assert price_file.known(tmp_path, CONFIG, {}, {MODEL}) == looked_up


def test_a_folder_that_cannot_be_written_costs_only_the_time(tmp_path: Path) -> None:
    assert price_file.known(tmp_path / "none", CONFIG, {}) == pricing.known(CONFIG, {})
