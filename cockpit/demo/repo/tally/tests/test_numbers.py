"""Reading numbers and adding them up."""

import unittest

from ..numbers import mean, parse, total


class Parsing(unittest.TestCase):
    def test_numbers_stand_between_any_white_space(self) -> None:
        self.assertEqual(parse("1 2.5\n\t-3\n"), [1.0, 2.5, -3.0])

    def test_a_text_without_numbers_gives_none(self) -> None:
        self.assertEqual(parse("  \n"), [])

    def test_a_mistake_is_named_with_its_line(self) -> None:
        with self.assertRaisesRegex(ValueError, "line 2: 'two' is not a number"):
            parse("1\ntwo\n3")


class Adding(unittest.TestCase):
    def test_a_total_keeps_the_small_change(self) -> None:
        self.assertEqual(total([0.1] * 10), 1.0)

    def test_the_mean_is_the_total_by_the_count(self) -> None:
        self.assertEqual(mean([1, 2, 6]), 3)

    def test_nothing_has_no_mean(self) -> None:
        with self.assertRaises(ValueError):
            mean([])
