"""What an administrator sets: environment, secret, bridge.toml."""
