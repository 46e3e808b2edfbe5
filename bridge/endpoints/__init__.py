"""What calls us, one kind a module: recognise the caller, parse, hand on, answer."""
