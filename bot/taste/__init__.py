"""What somebody likes: learnt from the papers that they marked, shown, and forgotten when they want it."""
