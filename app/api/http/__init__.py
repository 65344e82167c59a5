"""What every route shares: answers, errors, limits, what a request brings along, and /docs."""
