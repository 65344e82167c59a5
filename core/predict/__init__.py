"""Prediction: whole images, prompts on cached features, clicks."""
