"""Lists (列表) of pages: what their address asks for, sorted keyset pages, and the same as a file."""
