"""Alembic's entry: runs on the connection that `classifr.database.migrations` hands over."""

from alembic import context

from classifr.database.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
)
# The caller holds the transaction, and with it the lock.
context.run_migrations()
