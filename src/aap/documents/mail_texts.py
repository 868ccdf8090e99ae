"""E-mail texts: plain text from `templates/mail/`; the first line is the subject. Their HTML: `mail_html`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aap.core import french
from aap.own_files import templates_folder


class Mail(StrEnum):
    """Every mail that is sent, with the name of its template in `templates/mail/`."""

    APPEAL_ACKNOWLEDGED = "association_appeal"
    APPEAL_ANSWERED = "association_appeal_answered"
    COMMENT = "association_comment"
    CLAIM_DECIDED = "association_claim_decided"
    CLAIM_OPENED = "association_claim_opened"
    CLAIM_PROOF = "association_claim_proof"
    COMPLETION_LAPSED = "association_completion_lapsed"
    CORRECTIONS = "association_corrections"
    CORRECTION_DROPPED = "association_correction_dropped"
    CORRECTION_INTENT = "association_correction_intent"
    INVITATION = "association_invitation"
    RECEIPT = "association_receipt"
    DRAFT_REMINDER = "association_reminder"
    SIGNATURE = "association_signature"
    SIGNATURE_ANSWERED = "association_signature_answered"
    DECISION = "decision_notified"
    ACCEPTANCE_NOTED = "grant_accepted"
    DECLINE_NOTED = "grant_declined"
    GRANT_LAPSED = "grant_lapsed"
    ANSWER_REMINDER = "grant_reminder"
    DECISION_UNREAD = "decision_unread"
    DAILY_DIGEST = "daily_digest"
    CHANGE_EMAIL = "identity_change_email"
    CONFIRM_EMAIL = "identity_confirm"
    EMAIL_CHANGED = "identity_email_changed"
    FACTOR_CHANGED = "identity_factor_changed"
    FACTORS_RESET = "identity_factors_reset"
    INVITATION_LINK = "identity_invitation_link"
    KNOWN_ADDRESS = "identity_known_address"
    PASSWORD_CHANGED = "identity_password_changed"  # noqa: S105  (the name of a template)
    RESET_PASSWORD = "identity_reset"  # noqa: S105  (the name of a template)
    SIGN_IN_LINK = "identity_sign_in_link"
    WELCOME = "identity_welcome"
    COMPLETION_ASKED = "official_completion"
    FREEZE_PROPOSED = "official_freeze_proposed"
    UNFREEZE_PROPOSED = "official_unfreeze_proposed"
    MESSAGE_FROM_SERVICE = "official_message"
    REOPENING_ASKED = "reviewer_asks_reopening"
    DISCUSSION_OPENED = "reviewer_discussion"
    DOSSIERS_ASSIGNED = "reviewer_assigned"
    FURTHER_REVIEW = "reviewer_further_review"
    REVIEWER_INVITATION = "reviewer_invitation"
    REVIEWER_REMINDER = "reviewer_reminder"
    REVIEW_REOPENED = "reviewer_reopened"
    CONTEST = "service_contest"
    GRANT_DECLINED = "service_declined"
    MESSAGE_TO_SERVICE = "service_message"
    OBSERVATIONS = "service_observations"
    APPEAL_WITHDRAWN = "service_appeal_withdrawn"
    WITHDRAWAL = "service_withdrawal"
    WITHDRAWN = "association_withdrawn"
    DECISION_READ = "decision_read"
    AUDIT_WITNESS = "service_witness"


WITH_TOKEN = frozenset({
    Mail.CHANGE_EMAIL, Mail.CLAIM_PROOF, Mail.CONFIRM_EMAIL, Mail.INVITATION, Mail.INVITATION_LINK, Mail.KNOWN_ADDRESS,
    Mail.RESET_PASSWORD, Mail.REVIEWER_INVITATION, Mail.SIGN_IN_LINK, Mail.SIGNATURE, Mail.WELCOME,
})  # fmt: skip
"""Mails with a link that lets its reader in, or decide: their text is erased once they left, or won't leave."""

MAY_WAIT = frozenset({
    Mail.COMMENT, Mail.COMPLETION_ASKED, Mail.CONTEST, Mail.DOSSIERS_ASSIGNED, Mail.FURTHER_REVIEW, Mail.GRANT_DECLINED,
    Mail.APPEAL_WITHDRAWN, Mail.MESSAGE_FROM_SERVICE, Mail.MESSAGE_TO_SERVICE, Mail.OBSERVATIONS, Mail.REOPENING_ASKED,
    Mail.REVIEW_REOPENED, Mail.WITHDRAWAL,
})  # fmt: skip
"""Mails that go into the one of the day for who wants it. A new one doesn't by itself. Never: what lets somebody in or is about
their account, receipts and what confirms an act, decisions and their delays, reminders, what another person waits for."""


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(templates_folder() / "mail")
    # Plain text: escaping would show « &amp; » to people.
    environment = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701
    environment.filters["quoted"] = french.quoted
    environment.finalize = _kept_lines
    return environment


_BREAK = "\u2028"
"""Stands for the line breaks of a value while the template's own ones are looked at."""
_LABELLED = re.compile(r"[^.:;,]{1,30}\s: \S.*")


def _kept_lines(value: object) -> object:
    return _BREAK.join(map(str.rstrip, value.splitlines())) if isinstance(value, str) else value


def _flowed(body: str) -> str:
    """The text with a space at the end of each line that goes on in the next: where a template is broken only because its
    line is full. Lists, links, lines « label : value » and what people wrote keep their lines."""
    blocks = []
    for block in body.strip().split("\n\n"):
        lines = block.strip("\n").split("\n")
        apart = all(map(_LABELLED.fullmatch, lines))
        ends = [
            ""
            if apart or line.endswith(":") or "://" in after or line.startswith("http") or after.startswith("- ")
            else " "
            for line, after in pairwise(lines)
        ]
        blocks.append("\n".join(line.rstrip(" ") + end for line, end in zip(lines, [*ends, ""], strict=True)))
    return "\n\n".join(blocks).replace(_BREAK, "\n") + "\n"


def plain(body: str) -> str:
    """The text as it is read: where a line goes on isn't told."""
    return re.sub(r" +$", "", body, flags=re.MULTILINE)


def render_mail(mail: Mail, values: Mapping[str, Any]) -> tuple[str, str]:
    """Subject (one line, its no-break spaces kept) and body (see `_flowed`). A missing value is an error."""
    subject, _, body = _environment().get_template(f"{mail}.txt").render(values).partition("\n")
    return french.spaced(re.sub(rf"[ \t\r{_BREAK}]+", " ", subject).strip(" ")), _flowed(body)
