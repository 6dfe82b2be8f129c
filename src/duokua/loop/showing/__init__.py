"""How what is known of cases is shown (展示): pure functions over frozen values."""
