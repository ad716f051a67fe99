"""A DNS server on the loopback that knows a few names."""

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

Resolver = dns.resolver.Resolver


class NameServer:
    """records: by name and type, such as {("_sip._udp.example.com.", "SRV"): ["10 0 5070 a.example.com."]}. Other names do not exist."""

    def __init__(self, records: dict[tuple[str, str], list[str]]) -> None:
        self._records = records
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def resolver(self) -> Resolver:
        resolver = Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self._socket.getsockname()[1]
        return resolver

    def stop(self) -> None:
        self._stopping = True
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while not self._stopping:
            try:
                datagram, source = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            query = dns.message.from_wire(datagram)
            self._socket.sendto(self._answer(query).to_wire(), source)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        (question,) = query.question
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{kind} {question.name}")
        found = self._records.get((str(question.name), kind))
        if found:
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
