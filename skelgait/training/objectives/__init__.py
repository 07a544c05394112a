"""What is learnt towards: terms that add up to one loss, one a file."""
