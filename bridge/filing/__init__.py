"""A message becomes a ticket or a followup."""
