"""Everything behind the front door: one room a subject, and each arrow points down."""
