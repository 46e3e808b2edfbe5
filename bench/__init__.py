"""Measurements: they tell, and do not judge."""
