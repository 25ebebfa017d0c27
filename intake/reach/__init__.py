"""The way to a newsroom's onions: through Tor, or to a socket of this machine."""
