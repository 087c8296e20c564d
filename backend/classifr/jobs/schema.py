"""procrastinate's tables, types and functions, made and removed by our migrations."""

from sqlalchemy import Connection

#: What every table, type and function of procrastinate begins with.
PREFIX = "procrastinate_"

#: Removes everything of procrastinate, whichever version made it.
DROP_SCRIPT = """
do $$
declare
    statement text;
begin
    for statement in
        select format('drop table %s cascade', oid::regclass)
            from pg_class
            where relkind = 'r' and relnamespace = current_schema()::regnamespace
                and starts_with(relname, 'procrastinate_')
    loop
        execute statement;
    end loop;
    for statement in
        select format('drop routine %s cascade', oid::regprocedure)
            from pg_proc
            where pronamespace = current_schema()::regnamespace
                and starts_with(proname, 'procrastinate_')
    loop
        execute statement;
    end loop;
    for statement in
        select format('drop type %s cascade', oid::regtype)
            from pg_type
            where typtype in ('c', 'e') and typnamespace = current_schema()::regnamespace
                and starts_with(typname, 'procrastinate_')
    loop
        execute statement;
    end loop;
end
$$;
"""


def create_script() -> str:
    """The schema of the installed procrastinate, in many statements."""
    # Only the first start needs it, and importing procrastinate takes a while.
    from procrastinate.schema import SchemaManager  # noqa: PLC0415

    return SchemaManager.get_schema()


def run_script(connection: Connection, script: str) -> None:
    """Run several statements in the connection's transaction; its driver must be asyncpg."""
    # SQLAlchemy prepares what it runs, and only single statements can be prepared.
    connection.connection.dbapi_connection.run_async(  # type: ignore[union-attr]
        lambda driver_connection: driver_connection.execute(script)
    )
