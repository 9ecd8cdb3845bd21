"""What the roles are told: Markdown with named placeholders, packaged as data."""
