"""What a network learns from: fetched sources, batches, labelled lines."""
