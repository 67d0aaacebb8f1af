"""Estimators on plain arrays: arrivals, sessions, families, texts, outcomes, tables and hosts."""
