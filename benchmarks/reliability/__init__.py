"""What the assistant holds when it is killed, attacked, crowded and copied: programs behind docs/reliability.md.

Each starts `python app/main.py`, page included, in a workspace that is thrown away, and exits with status 1 where a
claim does not hold. Requests go to 127.0.0.1 alone.
"""
