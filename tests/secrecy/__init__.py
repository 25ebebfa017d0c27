"""No print, error, assertion, repr or command line can carry a secret: read off the code.

``rules`` says what is secret and what may be said of it; ``program`` asks mypy what everything is;
``made_of`` and ``flow`` follow secrets from where they are made to where they would be said. It is
a reader of code, and no proof: what it cannot see is listed in ``flow``.
"""
