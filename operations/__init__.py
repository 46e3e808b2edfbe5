"""What `manage.py` does for an operator; it runs beside the bridge and never ships."""
