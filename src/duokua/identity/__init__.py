"""Departments, people, roles and sign-in (身份)."""
