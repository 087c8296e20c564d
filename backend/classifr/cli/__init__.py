"""The command line. `commands/` declares what can be typed; the modules here do it.

Only `main`, `failures`, `wording` and `commands/` are imported before the command is known, and
they import nothing heavy, so that `--help` answers at once.
"""
