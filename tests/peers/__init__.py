"""Other people's servers, installed apart from ours and run beside them."""
