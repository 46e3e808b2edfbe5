"""How other servers are asked: one deadline, one connection, one remedy."""
