"""What a workspace holds in numbers: objects, reviews, actions, and how far two people agree."""
