"""The web door for programs (数据网关): owns the port, answers /data and tokens, hands the rest on.

Never imports Django; reaches data only through ``serving``.
"""
