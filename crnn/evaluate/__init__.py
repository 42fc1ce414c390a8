"""How well lines are read: metrics, alignment, reliability, review, report, gate."""
