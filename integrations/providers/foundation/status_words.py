"""The status word of a delivery, translated through a field map."""

from dataclasses import dataclass
from functools import cached_property

from calls.statuses import Status
from integrations.providers.foundation import pbx_words as shared
from integrations.providers.foundation.named_fields import NamedFields
from integrations.providers.foundation.provider import provider_word


@dataclass(frozen=True, kw_only=True)
class StatusWords(NamedFields):
    @cached_property
    def raw_word(self) -> str:
        """The provider's word for the call's status: the first known one, else the first."""
        given = self.given("status")
        for each in given:
            if self._is_known(provider_word(self.values[each])):
                self.used["status"] = each
                return self.values[each]
        return self.values[given[0]] if given else ""

    @cached_property
    def word(self) -> str:
        return provider_word(self.raw_word)

    def _is_known(self, word: str) -> bool:
        return (
            word in self.names.statuses
            or word in self.names.endings
            or word in shared.RESULT_WORDS
            or word in shared.MACHINES
        )

    @property
    def status(self) -> Status | None:
        word = self.word
        return self.names.statuses.get(word) or shared.RESULT_WORDS.get(word)

    @property
    def is_machine(self) -> bool:
        is_word = self.word in shared.MACHINES and self.word not in self.names.statuses
        return is_word or self.application in shared.MACHINES

    @property
    def application(self) -> str:
        """The exchange's last application for the call."""
        return provider_word(self.text("application"))
