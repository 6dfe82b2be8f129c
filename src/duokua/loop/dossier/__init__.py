"""A case as a document to print and keep (卷宗)."""
