"""Scenario packs (场景包): load, check, test, install. Empty as yet."""
