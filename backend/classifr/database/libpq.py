"""An address as libpq knows it: for PostgreSQL's own programs, and for psycopg."""

from sqlalchemy.engine import URL

#: libpq's name for each part of an address's query that it knows.
_QUERY_NAMES = {
    "host": "host",
    "port": "port",
    "ssl": "sslmode",
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
    "sslcert": "sslcert",
    "sslkey": "sslkey",
}


def libpq_parameters(url: URL) -> dict[str, str]:
    """libpq's connection parameters for an address."""
    parts = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
    }
    for name, value in url.query.items():
        if parameter := _QUERY_NAMES.get(name):
            parts[parameter] = value if isinstance(value, str) else ",".join(value)
    return {name: str(value) for name, value in parts.items() if value is not None}
