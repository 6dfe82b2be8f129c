"""What is declared about streams of events (感知流) and those who may send them. Pure values."""
