"""The gate (闸门) for SQL that scenarios bring: what may stand in it is listed, not what may not.

A statement is measured before it is parsed, every node of its tree has to be of a listed class, its
tables and columns have to be known, and only what is written anew from the tree is ever run.
"""

from duokua.lang.scenario.gate.admit import admit, admit_condition
from duokua.lang.scenario.gate.admitted import NO_FUNCTIONS, Admitted, Columns, Tables

__all__ = ["NO_FUNCTIONS", "Admitted", "Columns", "Tables", "admit", "admit_condition"]
