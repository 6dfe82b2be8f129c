"""Scenario packs (场景包): load, check, test, install, upgrade, remove, export.

A pack is content: contracts, rules, playbooks and views in YAML and SQL. This floor brings what a
pack declares to the floors that run it; it knows none by name.
"""
