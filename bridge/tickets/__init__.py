"""What a ticket is: its desk, its content, its requester, its files."""
