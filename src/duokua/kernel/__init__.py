"""Plain words (基本词): bilingual text, clock, ids, errors, environment.

Knows nothing of data, people or the web; pure standard library.
"""
