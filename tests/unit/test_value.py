"""What all our values share: they are frozen, and compare, copy and show themselves by their fields."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, field

import pytest

from cockpit.value import Value, frozen, replace


@frozen
class Berth(Value):
    """A place for a ship."""

    number: int
    name: str = "none"
    ropes: Mapping[str, int] = field(default_factory=dict)


def test_it_is_made_by_place_and_by_name_with_its_defaults() -> None:
    assert repr(Berth(3)) == "Berth(number=3, name='none', ropes={})"
    assert Berth(3, "Elli") == Berth(name="Elli", number=3) != Berth(3)
    assert Berth(1).ropes is not Berth(1).ropes


@pytest.mark.parametrize("wrong", [lambda: Berth(), lambda: Berth(1, length=2), lambda: Berth(1, "a", {}, 4)])  # type: ignore[call-arg]
def test_it_is_not_made_of_something_else(wrong: object) -> None:
    for _ in range(2):  # the first of its kind writes what the second uses
        with pytest.raises(TypeError, match=r"Berth\.__init__\(\)"):
            wrong()  # type: ignore[operator]


def test_it_never_changes_and_a_copy_does() -> None:
    berth = Berth(3)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        berth.name = "Elli"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del berth.name
    assert [replace(berth, name=str(n)).name for n in range(100)] == [str(n) for n in range(100)]
    assert berth.name == "none"


def test_another_process_gets_the_same() -> None:
    assert pickle.loads(pickle.dumps(Berth(3, "Elli", {"bow": 2}))) == Berth(3, "Elli", {"bow": 2})


def test_it_can_be_matched_by_place() -> None:
    match Berth(3, "Elli"):
        case Berth(number, name):
            assert (number, name) == (3, "Elli")
