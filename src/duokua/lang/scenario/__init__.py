"""What a scenario pack (场景包) declares, as frozen values: rules, playbooks, views, indicators.

Values and their reading only: no I/O, nothing of a pack's own. A pack is read from its files with
all that is wrong with it told at once.
"""
