"""What a run tells and leaves: metrics.jsonl, its writers, the best model so far."""
