"""One running compose project of a deployment: brought up, looked after, removed."""
