"""Fine-tuning: jobs in processes of their own, what they learn from, and how their models are judged."""
