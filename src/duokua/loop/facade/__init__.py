"""What the other parts may ask of the loop: one module for each subject."""
