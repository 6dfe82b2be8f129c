"""Files as departments really send them, made readable: any of them becomes one plain table.

``peek`` shows a file without a contract; ``engine.source.open_source`` matches it to one.
"""
