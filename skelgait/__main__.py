"""``python -m skelgait``: the command line."""

from skelgait.cli import main

if __name__ == "__main__":
    main()
