"""Forms of our own: drawn blank, filled by a hand or by print, scanned, with the truth beside."""
