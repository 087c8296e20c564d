"""What classifies: the port that any engine can serve, and the engines behind it."""
