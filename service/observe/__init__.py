"""Logs, metrics, traces, memory."""
