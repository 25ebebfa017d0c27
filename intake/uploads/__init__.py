"""Uploads that go on after any cut: tus 1.0.0, for envelopes that were sealed elsewhere (P2)."""
