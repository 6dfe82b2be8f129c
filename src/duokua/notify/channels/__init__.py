"""Channels that carry messages outward (对外渠道): one port, an adapter for each."""
