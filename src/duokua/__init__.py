"""duokua (多跨): the public-data platform of a city district.

Floors from the ground up: kernel, lang, sdk, engine, ledger, serving, audit, identity, then the
Django apps, then packs and doors. An upper floor may import a lower one, never the other way round
(enforced by import-linter, see ``pyproject.toml``).
"""
