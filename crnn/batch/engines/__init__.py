"""What reads the pages of a batch: the cores of one machine, or many machines."""
