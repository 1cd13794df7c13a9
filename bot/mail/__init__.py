"""Mail: addresses, the way in by a code, the way out by a link, and what comes back."""
