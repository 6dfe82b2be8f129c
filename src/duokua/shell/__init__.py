"""The shell (外壳): base templates, components, headers, languages; knows people, but no data."""
