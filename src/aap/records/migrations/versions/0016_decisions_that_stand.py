"""What a decision stands on: jury, waivers, a step back, letters' settings, notification, list in force, corrections.

Revision: 0016
After: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jury_member",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("capacity", sa.String(length=300), nullable=False),
        sa.Column("college", sa.String(length=200), nullable=False),
        sa.Column("chairs", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_jury_member_call_id_call")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_jury_member_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jury_member")),
    )
    with op.batch_alter_table("jury_member") as table:
        table.create_index(table.f("ix_jury_member_call_id"), ["call_id"])
        table.create_index(table.f("ix_jury_member_person_id"), ["person_id"])

    op.create_table(
        "letter_settings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_letter_settings_author_id_person")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_letter_settings_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_settings")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_letter_settings_call_id_number")),
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'done', 'cancelled')", name=op.f("ck_notification_state")
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_notification_two_persons")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_notification_call_id_call")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_notification_confirmed_by_person")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_notification_proposed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    with op.batch_alter_table("notification") as table:
        table.create_index(table.f("ix_notification_call_id"), ["call_id"])
        table.create_index(
            "uq_notification_waiting",
            ["call_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('proposed', 'confirmed')"),
            postgresql_where=sa.text("state IN ('proposed', 'confirmed')"),
        )

    op.create_table(
        "meeting",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("appointed_by", sa.String(length=500), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=True),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.CheckConstraint("quorum > 0", name=op.f("ck_meeting_quorum")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_meeting_author_id_person")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_meeting_call_id_call")),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"], name=op.f("fk_meeting_closed_by_person")),
        sa.ForeignKeyConstraint(["run_id"], ["ranking_run.id"], name=op.f("fk_meeting_run_id_ranking_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_meeting_call_id_number")),
    )
    with op.batch_alter_table("meeting") as table:
        table.create_index(
            "uq_meeting_open",
            ["call_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "unfreezing",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_by", sa.String(), nullable=True),
        sa.CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_unfreezing_confirmed")),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_unfreezing_two_persons")
        ),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_unfreezing_confirmed_by_person")),
        sa.ForeignKeyConstraint(["dropped_by"], ["person.id"], name=op.f("fk_unfreezing_dropped_by_person")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_unfreezing_proposed_by_person")),
        sa.ForeignKeyConstraint(["run_id"], ["ranking_run.id"], name=op.f("fk_unfreezing_run_id_ranking_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unfreezing")),
    )
    with op.batch_alter_table("unfreezing") as table:
        table.create_index(table.f("ix_unfreezing_run_id"), ["run_id"])

    op.create_table(
        "waiver",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("gate", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("gate IN ('divergent', 'contested', 'erratic')", name=op.f("ck_waiver_gate")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_waiver_application_id_application")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_waiver_author_id_person")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_waiver_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
        sa.UniqueConstraint("application_id", "gate", name=op.f("uq_waiver_application_id_gate")),
    )
    with op.batch_alter_table("waiver") as table:
        table.create_index(table.f("ix_waiver_call_id"), ["call_id"])

    op.create_table(
        "attendance",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_attendance_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["member_id"], ["jury_member.id"], name=op.f("fk_attendance_member_id_jury_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("meeting_id", "member_id", name=op.f("uq_attendance_meeting_id_member_id")),
    )
    with op.batch_alter_table("attendance") as table:
        table.create_index(table.f("ix_attendance_member_id"), ["member_id"])

    op.create_table(
        "jury_vote",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("looking", sa.String(), nullable=False),
        sa.Column("list_name", sa.String(length=40), nullable=False),
        sa.Column("called_by", sa.String(), nullable=True),
        sa.Column("votes_for", sa.Integer(), nullable=False),
        sa.Column("votes_against", sa.Integer(), nullable=False),
        sa.Column("abstentions", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "looking IN ('listed', 'called', 'kept', 'changed', 'sent_back')", name=op.f("ck_jury_vote_looking")
        ),
        sa.CheckConstraint(
            "votes_for >= 0 AND votes_against >= 0 AND abstentions >= 0", name=op.f("ck_jury_vote_votes")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_jury_vote_application_id_application")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_jury_vote_author_id_person")),
        sa.ForeignKeyConstraint(["called_by"], ["jury_member.id"], name=op.f("fk_jury_vote_called_by_jury_member")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_jury_vote_meeting_id_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jury_vote")),
        sa.UniqueConstraint("meeting_id", "application_id", name=op.f("uq_jury_vote_meeting_id_application_id")),
    )
    with op.batch_alter_table("jury_vote") as table:
        table.create_index(table.f("ix_jury_vote_application_id"), ["application_id"])

    op.create_table(
        "list_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=True),
        sa.Column("decision_id", sa.String(), nullable=True),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("place", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author", sa.String(length=300), nullable=False),
        sa.Column("author_id", sa.String(), nullable=True),
        sa.Column("granted", sa.JSON(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=False),
        sa.Column("bundle_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "change IN ('frozen', 'left', 'called', 'corrected', 'amount')", name=op.f("ck_list_version_change")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_list_version_application_id_application")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_list_version_author_id_person")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_list_version_call_id_call")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_list_version_decision_id_decision")),
        sa.ForeignKeyConstraint(["run_id"], ["ranking_run.id"], name=op.f("fk_list_version_run_id_ranking_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_version")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_list_version_call_id_number")),
    )
    with op.batch_alter_table("list_version") as table:
        table.create_index(table.f("ix_list_version_application_id"), ["application_id"])

    op.create_table(
        "postal_sending",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("tracking", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("counts_from", sa.Date(), nullable=True),
        sa.Column("proof_sha256", sa.String(length=64), nullable=True),
        sa.Column("author_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('delivered', 'unclaimed', 'refused', 'unknown')",
            name=op.f("ck_postal_sending_outcome"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (returned_on IS NULL)", name=op.f("ck_postal_sending_returned")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_postal_sending_author_id_person")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_postal_sending_decision_id_decision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postal_sending")),
    )
    with op.batch_alter_table("postal_sending") as table:
        table.create_index(table.f("ix_postal_sending_decision_id"), ["decision_id"])

    op.create_table(
        "contest_document",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contest_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name=op.f("fk_contest_document_contest_id_contest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_document")),
    )
    with op.batch_alter_table("contest_document") as table:
        table.create_index(table.f("ix_contest_document_contest_id"), ["contest_id"])

    op.create_table(
        "correction",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("contest_id", sa.String(), nullable=True),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("intent_sha256", sa.String(length=64), nullable=True),
        sa.Column("intent_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("observations_until", sa.Date(), nullable=True),
        sa.Column("observations", sa.String(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("observed_by", sa.String(), nullable=True),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_decision_id", sa.String(), nullable=True),
        sa.CheckConstraint("ground IN ('condition', 'illegality', 'favour')", name=op.f("ck_correction_ground")),
        sa.CheckConstraint("state IN ('intent', 'observing', 'decided', 'dropped')", name=op.f("ck_correction_state")),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_correction_two_persons")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_correction_application_id_application")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_correction_call_id_call")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_correction_confirmed_by_person")),
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name=op.f("fk_correction_contest_id_contest")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_correction_decision_id_decision")),
        sa.ForeignKeyConstraint(
            ["new_decision_id"], ["decision.id"], name=op.f("fk_correction_new_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(["observed_by"], ["person.id"], name=op.f("fk_correction_observed_by_person")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_correction_proposed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    with op.batch_alter_table("correction") as table:
        table.create_index(table.f("ix_correction_application_id"), ["application_id"])
        table.create_index(table.f("ix_correction_call_id"), ["call_id"])

    with op.batch_alter_table("call") as table:
        table.add_column(sa.Column("amounts_closed_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("amounts_closed_by", sa.String(), nullable=True))
        table.add_column(sa.Column("seconds", sa.JSON(), server_default="[]", nullable=False))
        table.create_foreign_key(table.f("fk_call_amounts_closed_by_person"), "person", ["amounts_closed_by"], ["id"])

    with op.batch_alter_table("contest") as table:
        table.add_column(sa.Column("call_id", sa.String(), nullable=True))
        table.add_column(sa.Column("number", sa.Integer(), nullable=True))
        table.add_column(sa.Column("kind", sa.String(), server_default="gracieux", nullable=False))
        table.add_column(sa.Column("on_paper", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("received_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("acknowledged_sha256", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("result", sa.String(), nullable=True))
        table.add_column(sa.Column("reply", sa.String(), server_default="", nullable=False))
        table.add_column(sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("replied_by", sa.String(), nullable=True))
        table.add_column(sa.Column("reply_sha256", sa.String(length=64), nullable=True))
        table.create_check_constraint(table.f("ck_contest_kind"), "kind IN ('gracieux', 'hierarchique', 'contentieux')")
        table.create_check_constraint(
            table.f("ck_contest_result"), "result IS NULL OR result IN ('upheld', 'partly', 'rejected', 'withdrawn')"
        )
        table.create_unique_constraint(table.f("uq_contest_call_id_number"), ["call_id", "number"])
        table.create_foreign_key(table.f("fk_contest_replied_by_person"), "person", ["replied_by"], ["id"])
        table.create_foreign_key(table.f("fk_contest_call_id_call"), "call", ["call_id"], ["id"])

    with op.batch_alter_table("decision") as table:
        table.add_column(sa.Column("letter_number", sa.Integer(), nullable=True))
        table.add_column(sa.Column("letter_settings_id", sa.String(), nullable=True))
        table.add_column(sa.Column("notification_id", sa.String(), nullable=True))
        table.add_column(sa.Column("read_by", sa.String(), nullable=True))
        table.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("answer_reason", sa.String(), server_default="", nullable=False))
        table.add_column(sa.Column("answer_sha256", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("answer_noted_by", sa.String(), nullable=True))
        table.add_column(sa.Column("answer_reminded_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True))
        table.create_index(table.f("ix_decision_notification_id"), ["notification_id"])
        table.create_unique_constraint(table.f("uq_decision_call_id_letter_number"), ["call_id", "letter_number"])
        table.create_foreign_key(table.f("fk_decision_read_by_person"), "person", ["read_by"], ["id"])
        table.create_foreign_key(
            table.f("fk_decision_letter_settings_id_letter_settings"), "letter_settings", ["letter_settings_id"], ["id"]
        )
        table.create_foreign_key(table.f("fk_decision_answer_noted_by_person"), "person", ["answer_noted_by"], ["id"])
        table.create_foreign_key(
            table.f("fk_decision_notification_id_notification"), "notification", ["notification_id"], ["id"]
        )

    with op.batch_alter_table("jury_decision") as table:
        table.add_column(sa.Column("stage", sa.String(), server_default="jury", nullable=False))
        table.create_check_constraint(table.f("ck_jury_decision_stage"), "stage IN ('jury', 'authority')")

    with op.batch_alter_table("ranking_run") as table:
        table.add_column(sa.Column("frozen_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ranking_run") as table:
        table.drop_column("frozen_version")
    with op.batch_alter_table("jury_decision") as table:
        table.drop_constraint(table.f("ck_jury_decision_stage"), type_="check")
        table.drop_column("stage")
    with op.batch_alter_table("decision") as table:
        for name in ("notification_id_notification", "answer_noted_by_person", "letter_settings_id_letter_settings",
                     "read_by_person"):  # fmt: skip
            table.drop_constraint(table.f(f"fk_decision_{name}"), type_="foreignkey")
        table.drop_constraint(table.f("uq_decision_call_id_letter_number"), type_="unique")
        table.drop_index(table.f("ix_decision_notification_id"))
        for name in ("voided_at", "answer_reminded_at", "answer_noted_by", "answer_sha256", "answer_reason",
                     "reminded_at", "read_by", "notification_id", "letter_settings_id", "letter_number"):  # fmt: skip
            table.drop_column(name)
    with op.batch_alter_table("contest") as table:
        for name in ("call_id_call", "replied_by_person"):
            table.drop_constraint(table.f(f"fk_contest_{name}"), type_="foreignkey")
        table.drop_constraint(table.f("uq_contest_call_id_number"), type_="unique")
        for name in ("kind", "result"):
            table.drop_constraint(table.f(f"ck_contest_{name}"), type_="check")
        for name in ("reply_sha256", "replied_by", "replied_at", "reply", "result", "acknowledged_sha256",
                     "received_on", "on_paper", "kind", "number", "call_id"):  # fmt: skip
            table.drop_column(name)
    with op.batch_alter_table("call") as table:
        table.drop_constraint(table.f("fk_call_amounts_closed_by_person"), type_="foreignkey")
        for name in ("seconds", "amounts_closed_by", "amounts_closed_at"):
            table.drop_column(name)
    for name in ("correction", "contest_document", "postal_sending", "list_version", "jury_vote", "attendance",
                 "waiver", "unfreezing", "meeting", "notification", "letter_settings", "jury_member"):  # fmt: skip
        op.drop_table(name)
