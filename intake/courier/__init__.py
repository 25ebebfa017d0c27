"""The courier's side: fetch envelopes through Tor, carry a dispatch back. It needs no Flask."""
