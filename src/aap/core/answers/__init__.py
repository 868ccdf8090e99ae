"""The answers of a dossier, read against the call file's questions: what was typed, what it means, what is missing.

Answers are one flat mapping for the whole dossier, question id → value, as it is stored in JSON; the file of each type
in `aap.core.questions` begins with the shape of its value.

A question without an answer has no key. What a person typed and cannot be read as an answer is kept, so that nothing
is lost, under the key `_raw` beside the answers (in a row or block: within it); no question id starts with `_`.
"""
