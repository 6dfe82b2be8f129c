"""The lives of findings, cases and tasks, each as one table."""
