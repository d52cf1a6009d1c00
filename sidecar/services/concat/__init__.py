"""Files joined one after the other, by a project of their own (docs/render.md, "Concat")."""
