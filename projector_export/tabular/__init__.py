"""Files of records: columns of texts and numbers in CSV, TSV, JSON lines, Parquet, Arrow and plain text, read in batches."""
