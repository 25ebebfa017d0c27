"""The script of the pages: the second implementation of the format, and how it is made."""
