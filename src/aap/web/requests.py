"""The request as this application reads it: texts without characters that no text has."""

from __future__ import annotations

import re
from io import BytesIO
from typing import IO, Any

from flask import Request, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Controls (NUL breaks PostgreSQL), halves of surrogate pairs, noncharacters: HTML can't show them either."""


def cleaned(values: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    pairs = [(_NO_TEXT.sub("", name), _NO_TEXT.sub("", text)) for name, text in values.items(multi=True)]
    return ImmutableMultiDict(pairs)


class CountingParser(FormDataParser):
    """Counts the fields of an urlencoded form before they are told apart, as werkzeug does for other forms."""

    def _parse_urlencoded(self, stream: IO[bytes], *rest: Any) -> Any:
        body = stream.read()  # bounded by its page
        if self.max_form_parts is not None and body.count(b"&") >= self.max_form_parts:
            raise RequestEntityTooLarge
        return super()._parse_urlencoded(BytesIO(body), *rest)


class TextRequest(Request):
    """Form fields and query arguments hold text only."""

    form_data_parser_class = CountingParser

    def _load_form_data(self) -> None:
        loaded = "form" in self.__dict__
        super()._load_form_data()
        if not loaded:
            self.__dict__["form"] = cleaned(self.__dict__["form"])

    @property
    def args(self) -> ImmutableMultiDict[str, str]:
        if "aap_args" not in self.__dict__:
            self.__dict__["aap_args"] = cleaned(super().args)
        held: ImmutableMultiDict[str, str] = self.__dict__["aap_args"]
        return held


def address_asked() -> str:
    """The page of this request as a browser asks for it: below the folder that the site is served in, with its query."""
    return request.script_root + request.full_path.rstrip("?")
