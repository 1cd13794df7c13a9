"""The page as browsers get it: the real server, asked over loopback."""
