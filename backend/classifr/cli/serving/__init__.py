"""The server and its workers: started, watched, stopped."""
