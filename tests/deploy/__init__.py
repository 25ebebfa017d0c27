"""Tests of what makes a machine a server. What systemd does is done by a real systemd."""
