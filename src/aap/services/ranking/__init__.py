"""From marks to the frozen list.

- Before: `gates` (what nobody looked at yet), `input` (what a run takes in).
- Runs: `computing`, `runs`, `run_files`; nothing stored: `trials`, `effects` (of other decisions), `points_needed`.
- The jury: `jury_members`, `meetings`, `jury_room`, `votes`, `jury_effects`, `jury` (its decisions).
- The authority: `arbitrating`, `briefing`.
- Two persons: `freezing`, `second_persons`, `what_changed`, `versions`, `version_minutes`.
- The minutes: `minuting`, part by part in `minuted_jury`, `minuted_decisions`, `minuted_result`, `minuted_proof`.
"""
