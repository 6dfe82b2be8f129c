"""What changes installations: each verb checks, writes, and is audited."""
