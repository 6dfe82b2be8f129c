"""The one execution path to governed data (统一执行通道).

decide → quota → mask → query → encode → receipt. Reads grants from the policy store that
``exchange`` writes; never imports Django.
"""
