"""Streams of events into the lake (感知): devices, their doors, what is believed and what is not.

An event is durable before it is acknowledged. One process judges the events of every door in the order
in which they came, shows those that it believes in the live feed of their dataset at once, and brings
them into the lake in batches. It knows nothing of rules: those read the live feed as any grant allows.
"""
