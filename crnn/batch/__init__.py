"""Pages by the thousand: documents in, results out, on the cores of one machine or of many.

page_task.py is the pure function; local.py and ray.py call it on many processes; run.py puts what
they give into order; ledger.py remembers it, so that a run that was killed goes on where it was.
"""
