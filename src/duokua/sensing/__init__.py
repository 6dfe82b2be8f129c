"""Streams of sensor events into the lake (感知). Empty as yet."""
