from django.dispatch import Signal

voip_deleting = Signal()
"""Sent with `voip_id` before a configuration is deleted, in the same transaction and under its lock: no call through it can be requested meanwhile.
A receiver that raises `sips.services.VoipInUse` prevents the deletion."""
