"""The onions: keys, the control port, the keeper; offline, and on a private Tor network."""
