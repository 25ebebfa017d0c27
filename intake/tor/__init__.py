"""Tor, as a server needs it: the keys of its onions, what Tor is told, a tor of its own.

Nothing here speaks to Tor's control port: that is ``intake.onion``, the one module with stem.
"""
