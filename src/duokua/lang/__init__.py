"""What can be declared (声明语言), as frozen values: contract, interface, mask, predicate, grant.

Reads YAML text that it is handed; never touches a file, a database or a clock.
"""
