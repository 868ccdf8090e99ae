"""The pages that mails lead to. Services name them; whoever serves them knows their addresses (`web/public_links.py`)."""

from __future__ import annotations

from typing import Protocol


class Links(Protocol):
    """Each method gives the full public address of a page."""

    def sign_in(self) -> str: ...

    def sign_in_link(self, token: str) -> str:
        """What signs its reader in, once."""

    def account(self) -> str: ...

    def health(self) -> str:
        """Where the service says whether it can take deposits."""

    def dossier(self, application_id: str) -> str:
        """The dossier, as its association sees it."""

    def section(self, application_id: str, section_id: str) -> str:
        """A section of the dossier, with its co-authors' comments."""

    def decision(self, application_id: str) -> str:
        """The decision on the dossier, as its association sees it."""

    def invitation(self, token: str) -> str:
        """Where somebody joins an association."""

    def signature(self, token: str) -> str:
        """Where the legal representative reads and approves a dossier."""

    def claim_proof(self, token: str) -> str:
        """Where who reads a known mailbox says whether a claimant acts for the association."""

    def claims(self, association_id: str) -> str:
        """Where an association's owner answers who claims its SIRET."""

    def reviews(self) -> str:
        """A reviewer's dossiers."""

    def interests(self) -> str:
        """Where a reviewer declares interests."""

    def freezing(self, call_id: str, number: int) -> str:
        """Where a second person confirms that a run is frozen, or sends it back."""

    def unfreezing(self, call_id: str, number: int) -> str:
        """Where a second person confirms that a frozen run is taken back, or not."""

    def receipt(self, application_id: str) -> str:
        """The receipts of a dossier, as its association sees them."""

    def messages(self, application_id: str) -> str:
        """What the service and the association wrote to each other."""

    def own_claim(self, claim_id: str) -> str:
        """Where who claims an association's SIRET follows it."""

    def review(self, application_id: str) -> str:
        """A dossier, as its reviewer marks it."""

    def discussion(self, application_id: str) -> str:
        """Where the reviewers of a dossier discuss it."""

    def reviews_followed(self, call_id: str) -> str:
        """The reviews of a call, as officials follow them."""

    def inspected(self, call_id: str, reference: str) -> str:
        """A dossier, as officials see it."""

    def appeal(self, call_id: str, contest_id: str) -> str:
        """An appeal, as officials answer it."""

    def correction(self, call_id: str, correction_id: str) -> str:
        """A correction of a decision, as officials follow it."""

    def replacements(self, call_id: str) -> str:
        """Where officials call the next of the waiting list."""

    def journal(self) -> str:
        """The log, for administrators."""
