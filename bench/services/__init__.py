"""How fast the services answer: real processes and sockets, both databases, few and many credentials."""
