"""The limited worker of scenario packs (场景包受限执行).

A child process with an empty environment, resource limits and, where the system allows it, no
network: an engine in memory that is handed tables as Arrow, has no access to files, and runs only
single queries that the gate has written anew. It knows nothing of packs, people or grants.
"""
