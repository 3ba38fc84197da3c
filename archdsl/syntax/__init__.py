"""Text to syntax tree: the lexer's layout filter, the parser and the AST."""
