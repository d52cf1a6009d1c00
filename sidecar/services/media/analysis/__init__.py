"""Measures of a file's picture and sound, one a module, over one decoding."""
