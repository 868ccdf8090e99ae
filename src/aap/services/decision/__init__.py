"""The decision, and what follows from it. Which decision counts, and who is retained for how much: `in_force`.

- Written: `deciding` (one a dossier, from the frozen run), `act`, `unfreezing` (one step back).
- Letters: `setting_letters` (what is known only then), `letter_contents`, `letters`, `numbering`, `post_room`, `jury_preview`.
- Told: `notifying`, `posting` (registered post), `deadlines` (of appeal), `passing_time`.
- Answered: `answering`, `paper_answers`, `answer_terms`, `replacing` (who is raised or called).
- The list: `list_versions`, `list_files`; for the public `publishing`, `open_data`.
- Corrected: `correcting`, `correction_effects`, `hearing`; contested: `appeals`, `appeal_pages`; letters: `decision_papers`.
"""
