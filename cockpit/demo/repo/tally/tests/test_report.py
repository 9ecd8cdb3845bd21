"""Whole reports."""

import unittest

from ..report import numbers_report, shown, summary, words_report


def rows(report: str) -> dict[str, str]:
    """The report's lines below its header, first column to second."""
    return dict(line.split() for line in report.splitlines()[2:])


class Reports(unittest.TestCase):
    def test_the_numbers_are_summed_up(self) -> None:
        report = rows(numbers_report("1 2\n6"))
        self.assertEqual((report["count"], report["total"], report["mean"]), ("3", "9", "3"))

    def test_a_text_without_numbers_has_no_report(self) -> None:
        with self.assertRaisesRegex(ValueError, "no numbers"):
            summary("")

    def test_words_are_listed_with_their_count(self) -> None:
        self.assertEqual(rows(words_report("so it is so", top=1)), {"so": "2"})

    def test_whole_numbers_have_no_point(self) -> None:
        self.assertEqual([shown(3.0), shown(2.5)], ["3", "2.50"])
