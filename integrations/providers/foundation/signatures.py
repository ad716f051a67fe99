"""How providers sign what they send, where it takes more than one line."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, parse_qsl, urlsplit

from integrations.providers.foundation.events import Delivery

_PORTS = {"https": 443, "http": 80}


def is_signed_by_address_and_form(delivery: Delivery, signature: str, key: str) -> bool:
    """Whether the signature is Base64 of the HMAC-SHA1 of one of the delivery's addresses, with or without its port, followed by the form's
    fields, names and values, sorted. Another body than a form is signed by its digest, `bodySHA256`, which is part of the address."""
    fields, given = _signed_fields(delivery), signature.encode()
    candidates = [candidate for url in delivery.urls for candidate in _with_and_without_port(url)]
    return any(hmac.compare_digest(_sign(candidate + fields, key), given) for candidate in candidates)


def sign_in_hexadecimal(text: str, key: str) -> bytes:
    """Base64 of the HMAC-SHA1's hexadecimal digits, not of its bytes."""
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest().encode())


def _signed_fields(delivery: Delivery) -> str:
    digest = parse_qs(delivery.query).get("bodySHA256", [""])[0]
    if hmac.compare_digest(hashlib.sha256(delivery.body).hexdigest().encode(), digest.encode()):
        return ""
    pairs = parse_qsl(delivery.body.decode("utf-8", "replace"), keep_blank_values=True)
    return "".join(name + value for name, value in sorted(set(pairs)))


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    bare = parts.netloc.removesuffix(f":{parts.port}")
    other = bare if parts.port else f"{bare}:{_PORTS.get(parts.scheme, '')}"
    return url, parts._replace(netloc=other).geturl()


def _sign(text: str, key: str) -> bytes:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest())
