"""What every answer of the page carries, so that a reader's browser runs nothing and asks nobody else."""

from typing import Final

THUMBNAILS: Final = "https://cdn-thumbnails.huggingface.co"
"""The one other host that a page may show pictures of, where that is switched on."""


def security_headers(*, thumbnails: bool) -> dict[str, str]:
    """The headers of every answer, errors and files included; none of them sets or needs a cookie."""
    images = f"'self' {THUMBNAILS}" if thumbnails else "'self'"
    policy = (
        "default-src 'none'",
        "style-src 'self'",
        f"img-src {images}",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "no-referrer",  # what somebody looks for stays here when they follow a link
        "Server": "Paperboy",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
