"""``archdsl lsp``: the language service over the Language Server Protocol, for editors.

``rpc`` reads and writes messages, ``documents`` keeps the texts that are open, ``convert`` turns values of the service
into those of the protocol, ``features`` has the methods, ``server`` the loop.
"""
