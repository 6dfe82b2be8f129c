"""Base templates, tokens and components of the portal (门户外壳). Knows no domain."""
