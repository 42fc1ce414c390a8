"""A filled scan brought onto its blank."""
