"""A private Tor network on loopback, for tests that must not mock Tor."""
