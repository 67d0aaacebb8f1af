"""The reports that this repository keeps, and how they are made."""
