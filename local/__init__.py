"""What runs beside the bridge on a laptop; nothing here ships."""
