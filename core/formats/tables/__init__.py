"""Objects as rows of a table: CSV and Parquet."""
