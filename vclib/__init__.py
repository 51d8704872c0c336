"""W3C: what a credential is. Functions over JSON and bytes; programs import its modules by name."""
