"""What an examiner finds who takes the machine: canaries are sent in, and then looked for."""
