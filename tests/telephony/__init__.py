"""Real telephony on the loopback: a PBX (kamailio), telephones (sipp), a far end that plays any part, and the dialer in its thread."""
