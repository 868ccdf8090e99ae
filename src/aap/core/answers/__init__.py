"""The answers of a dossier, read against the call file's questions: what was typed, what it means, what is missing.

Answers are one flat mapping for the whole dossier, question id → value, as it is stored in JSON:

| type | value |
|---|---|
| text, long_text | text |
| number, money | decimal text, `"12000.50"` |
| date | ISO text, `"2025-02-28"` |
| period | `{"start": ISO, "end": ISO}` |
| choice | the option's value; `{"value": …, "detail": …}` where the question has `detail_if` |
| multiple_choice | list of values, in the options' order |
| yes_no | `{"value": "oui" or "non", "detail": text}` |
| commune, communes | INSEE code, list of codes |
| table | list of rows, column id → text, decimal text or ISO date |
| group | list of blocks, each a mapping of answers like this one |
| budget | `{"charges": {account: "1200.00"}, "products": {…}, "contributions": {…}}` |
| file | nothing: files are stored apart |

A question without an answer has no key. What a person typed and cannot be read as an answer is kept, so that nothing
is lost, under the key `_raw` beside the answers (in a row or block: within it); no question id starts with `_`.
"""
