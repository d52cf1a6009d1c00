"""How documents of earlier versions become those of today: a version and a chain of pure functions for each kind."""
