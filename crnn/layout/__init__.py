"""What stands where on a page: light, ink, rules, pieces, lines, tables, and the way up."""
