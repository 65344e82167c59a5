"""The steps from each schema of the store to the next; `app.store.migrations.migrate` carries them out.

A step is a file in `versions/` named by its number, `0002_what_it_does.py`, whose `revision` is that number and
whose `down_revision` is the one before. It describes tables as they were at its time and imports nothing of the
store, which goes on changing. Steps are never edited once they have landed: workspaces remember their number.
A step that rebuilds a table (`op.batch_alter_table`) passes `table_kwargs={"sqlite_autoincrement": True}`,
or ids are given out twice, and the check constraints in `table_args`: neither is read from the old table.
All steps that a workspace lacks run in one transaction, on SQLite and on PostgreSQL.
"""
