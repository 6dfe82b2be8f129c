"""The only importers of database drivers (引擎): DuckDB, Delta Lake, SQLite serving indexes.

Knows tables, files and rows; knows nothing of callers, grants or departments.
"""
