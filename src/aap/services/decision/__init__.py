"""The decision, and what follows from it. Which decision counts, and who is retained for how much: `in_force`.

- Written: `deciding` (one a dossier, from the frozen run), `act`, `unfreezing` (one step back).
- Letters: `setting_letters` (what is known only then), `letter_contents`, `letters`, `numbering`, `post_room`, `jury_preview`.
- Told: `notifying`, `posting` (registered post), `deadlines` (of appeal), `passing_time`.
- Read by its association with the decision: `own_sheet` (of the processing), `shared_comments` (of the reviewers).
- Answered: `answering`, `paper_answers`, `answer_terms`, `replacing` (who is raised or called).
- The list: `list_versions`, `list_files`; for the public `publishing`, `open_data`.
- Corrected: `correcting`, `correction_effects`, `hearing`; contested: `appeals`, `appeal_pages`, `court`;
  letters: `decision_papers`.
"""
