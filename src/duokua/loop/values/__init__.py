"""What crosses the border of the loop, as frozen values."""
