"""Interfaces, clients and grants (数据交换); compiles the versioned policy that serving reads."""
