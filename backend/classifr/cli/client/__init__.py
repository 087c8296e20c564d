"""One client for both places: the API of a server, or the application in this process."""
