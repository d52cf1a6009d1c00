"""Previews: the pictures that a render would be given, now."""
