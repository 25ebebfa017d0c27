"""The source's commands, for real: a process of its own, a server, and what lies between them."""
