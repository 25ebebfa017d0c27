"""The shared format: bytes in, values or typed errors out.

Pure by contract: no I/O, no clock, no framework, and nothing random that the caller did not
hand in (but for the encapsulation inside HPKE, whose randomness the library keeps to itself).
The normative text is ``FORMAT.md`` in this folder; steps of it are cited as F<section>.
"""
