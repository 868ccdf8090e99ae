"""The addresses of the pages that mails lead to: the same from a request, the worker and a command."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class PublicLinks:
    """`base_url`: the instance's public address (AAP_BASE_URL), whatever host name a request claims."""

    base_url: str

    def sign_in(self) -> str:
        return self._at("connexion")

    def sign_in_link(self, token: str) -> str:
        return self._at("connexion", "lien", token)

    def account(self) -> str:
        return self._at("compte")

    def health(self) -> str:
        return self._at("sante")

    def dossier(self, application_id: str) -> str:
        return self._at("association", "dossiers", application_id)

    def section(self, application_id: str, section_id: str) -> str:
        return self._at("association", "dossiers", application_id, "sections", section_id)

    def decision(self, application_id: str) -> str:
        return self._at("association", "dossiers", application_id, "decision")

    def invitation(self, token: str) -> str:
        return self._at("association", "invitation", token)

    def signature(self, token: str) -> str:
        return self._at("association", "signature", token)

    def board(self, token: str) -> str:
        """Not mailed: who made the link gives it."""
        return self._at("association", "relecture", token)

    def claim_proof(self, token: str) -> str:
        return self._at("association", "rattachement", token)

    def claims(self, association_id: str) -> str:
        return self._at("association", "associations", association_id, "demandes")

    def contact(self) -> str:
        return self._at("contact")

    def security_txt(self) -> str:
        return self._at(".well-known", "security.txt")

    def reviews(self) -> str:
        return self._at("evaluation", "")

    def interests(self) -> str:
        return self._at("evaluation", "interets")

    def freezing(self, call_id: str, number: int) -> str:
        return self._at("instruction", call_id, "classement", str(number), "arret")

    def unfreezing(self, call_id: str, number: int) -> str:
        return self._at("instruction", call_id, "classement", str(number), "reprise")

    def receipt(self, application_id: str) -> str:
        return self._at("association", "dossiers", application_id, "accuse")

    def messages(self, application_id: str) -> str:
        return self._at("association", "dossiers", application_id, "messages")

    def own_claim(self, claim_id: str) -> str:
        return self._at("association", "associations", "reclamer", claim_id)

    def review(self, application_id: str) -> str:
        return self._at("evaluation", "dossiers", application_id)

    def discussion(self, application_id: str) -> str:
        return self._at("evaluation", "dossiers", application_id, "discussion")

    def reviews_followed(self, call_id: str) -> str:
        return self._at("instruction", call_id, "evaluations")

    def inspected(self, call_id: str, reference: str) -> str:
        return self._at("instruction", call_id, "dossiers", reference)

    def appeal(self, call_id: str, contest_id: str) -> str:
        return self._at("instruction", call_id, "recours", contest_id)

    def correction(self, call_id: str, correction_id: str) -> str:
        return self._at("instruction", call_id, "corrections", correction_id)

    def replacements(self, call_id: str) -> str:
        return self._at("instruction", call_id, "decisions", "suites")

    def journal(self) -> str:
        return self._at("administration", "journal")

    def _at(self, *parts: str) -> str:
        return "/".join((self.base_url.rstrip("/"), *(quote(part, safe="") for part in parts)))
