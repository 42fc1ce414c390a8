"""One file a revision, rNNNN_name.py; a released one is never changed. See docs/upgrade.md."""
