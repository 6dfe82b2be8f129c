"""What was typed on the workbench, read."""
