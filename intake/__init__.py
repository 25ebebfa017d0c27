"""The online side: public keys and ciphertext, never a private key."""
