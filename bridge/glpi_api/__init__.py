"""Behind glpi.py: the session, the errors, and what GLPI holds."""
