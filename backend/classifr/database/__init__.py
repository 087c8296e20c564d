"""PostgreSQL: the embedded server, the connection pool, transactions, models and migrations."""
