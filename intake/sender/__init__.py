"""The source's side for large archives: sealed here, sent on several circuits, gone on with.

It needs no Flask, reads no settings and writes no file: a codename is all there is to remember.
"""
