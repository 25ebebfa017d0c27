"""One parser a module.

Each has ``one_input``, which reads an input and checks what holds for every one; ``seeds``, inputs
to begin with; ``LONGEST``, bytes of the longest input; and ``RATE``, executions in a second.
"""
