"""`python -m dawnchorus`, where the command is not on the path."""

from dawnchorus.cli import main

main()
