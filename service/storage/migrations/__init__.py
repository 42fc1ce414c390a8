"""The steps from any released schema of the store to today's, for schema_version.py."""
