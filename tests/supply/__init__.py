"""What the project is made of, beside its own code: read from the locks, and nowhere else."""
