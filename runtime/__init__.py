"""What the programs share that touches the world: network, files, databases, the terminal."""
