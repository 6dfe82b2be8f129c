"""The lives of what the store keeps, each as one table."""
