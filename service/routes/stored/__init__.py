"""Routes of what is kept: jobs, feedback, lexicons, templates."""
