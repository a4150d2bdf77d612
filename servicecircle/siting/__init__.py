"""Where next: sites that serve most people, weekly classes in borrowed rooms, and bases for schools."""
