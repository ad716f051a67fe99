"""Click-to-dial with nothing but a SIP account: third-party call control (RFC 3725).

`orders` is the interface to the rest of the product, `legs` the interface to the SIP stack; `call_session` between them depends on neither.
Modules named `sippy_*` are the one implementation of `legs`. Only the thread that runs sippy's event loop may import them.
"""
