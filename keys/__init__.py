"""The offline side: private keys, plaintext, and all that an editor does with them.

Runs on a workstation that never touches a network, and knows nothing of the server but the format
that both share, ``intake.wire``.
"""
