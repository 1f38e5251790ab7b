"""Old studies in: from a hospital's archives, in a window of time, under a cap of bandwidth."""
