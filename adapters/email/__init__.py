"""Mail: digests to mailboxes, by the SMTP server of whoever runs Paperboy."""
