"""What Alembic runs: the steps, on the connection and in the transaction that `app.store.migrations.migrate` opened."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    transactional_ddl=True,  # SQLite's driver needs telling; ours begins its transactions itself
)
with context.begin_transaction():
    context.run_migrations()
