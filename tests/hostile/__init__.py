"""Every route, by every method, asked by somebody who means ill."""
