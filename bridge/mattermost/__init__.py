"""The chat's wire: what it sends, what it understands."""
