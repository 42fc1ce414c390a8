"""The database, uploads, and files kept under names."""
