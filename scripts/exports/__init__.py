"""Other forms of the bundled models: what each answers, how large it is, and how long its first answer takes."""
