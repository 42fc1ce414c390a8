"""The steps from any released schema of the store to today's, for service.schema to take."""
