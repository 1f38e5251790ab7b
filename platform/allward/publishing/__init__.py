"""What vendors hand in to be published: their keys, the check, the operator's word, and the catalogue."""
