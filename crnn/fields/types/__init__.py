"""The types of field: for each what it allows and what its texts mean."""
