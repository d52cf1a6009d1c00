"""Filmstrips: small pictures of a file, decoded in workers, kept frame by frame."""
