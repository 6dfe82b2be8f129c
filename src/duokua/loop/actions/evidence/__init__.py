"""Evidence (证据): judged by its content, kept under its digest, shown to whoever sees the case."""

from duokua.loop.actions.evidence.giving import Piece, give
from duokua.loop.actions.evidence.keeping import bytes_of, folder, thumbnail_of

__all__ = ["Piece", "bytes_of", "folder", "give", "thumbnail_of"]
