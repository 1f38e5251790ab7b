"""Results out: to the PACS, once a person has accepted them."""
