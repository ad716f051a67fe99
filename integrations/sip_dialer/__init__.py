"""Click-to-dial with nothing but a SIP account: third-party call control (RFC 3725).

`orders` is the seam to the rest of the product, `legs` the seam to the SIP stack; `conversation` between them knows neither. Modules named
`sippy_*` are the one stack there is. They may be imported only by the thread that runs its event loop, which belongs to whoever imports it.
"""
