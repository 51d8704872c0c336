"""How a credential or presentation travels. Messages only: no sockets, no clock."""
