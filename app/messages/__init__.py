"""What the server has to say to a person: every line by its name in one table a language, English the first of them."""
