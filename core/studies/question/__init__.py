"""Is gradient descent backpropagation? Sources of a gradient and uses of it, swapped."""
