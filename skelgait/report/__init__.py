"""What a clinician reads: figures, overlay video, one page a walk."""
