"""`python -m classifr`: the same as `classifr`."""

from classifr.cli.main import main

if __name__ == "__main__":
    main()
