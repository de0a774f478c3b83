"""One probe under all rule sets at once: what each answers, grouped where equal; a row chosen is the rules in use."""
