"""Columns."""

import unittest

from ..table import render


class Rendering(unittest.TestCase):
    def test_a_column_is_as_wide_as_its_widest_cell(self) -> None:
        table = render(["name", "drink"], [["Ada", "tea"], ["Bo", "water"]])
        self.assertEqual(table, "name  drink\n----  -----\nAda   tea\nBo    water")

    def test_no_line_ends_in_spaces(self) -> None:
        for line in render(["a", "b"], [["x", "short"], ["y", "much longer"]]).splitlines():
            self.assertEqual(line, line.rstrip())
