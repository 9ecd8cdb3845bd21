"""Taking texts apart."""

import unittest

from ..words import frequencies, split


class Splitting(unittest.TestCase):
    def test_punctuation_is_no_word(self) -> None:
        self.assertEqual(split("Stop! Who goes there?"), ["stop", "who", "goes", "there"])

    def test_an_apostrophe_inside_a_word_belongs_to_it(self) -> None:
        self.assertEqual(split("I don't know"), ["i", "don't", "know"])


class Counting(unittest.TestCase):
    def test_the_most_frequent_comes_first(self) -> None:
        self.assertEqual(frequencies("so it is so"), [("so", 2), ("is", 1), ("it", 1)])

    def test_capitals_make_no_difference(self) -> None:
        self.assertEqual(frequencies("The the THE"), [("the", 3)])

    def test_only_the_top_can_be_asked_for(self) -> None:
        self.assertEqual(frequencies("a a b b c", top=2), [("a", 2), ("b", 2)])
