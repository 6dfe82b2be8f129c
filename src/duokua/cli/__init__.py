"""The command line door (命令行): ``duokua <noun> <verb>``."""
