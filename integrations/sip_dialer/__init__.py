"""Click-to-call with nothing but a SIP account: third-party call control (RFC 3725). See docs/dialing.md."""
