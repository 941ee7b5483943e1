"""What touches the world: the two drivers, their connections, the machine's clock."""
