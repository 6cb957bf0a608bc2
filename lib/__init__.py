"""What the chapters of The Untrained Network import, one module an idea."""
