"""Text to syntax tree: the lexer, its layout filter, the parser and the AST."""
