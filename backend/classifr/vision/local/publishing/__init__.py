"""Publishing: which iterations answer, in the database and in memory."""
