"""Whatever breaks: a newsroom at work while its disk, its processes and its clock fail it."""
