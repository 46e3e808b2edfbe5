"""A request as GLPI's REST API reads it: path, PHP-style parameters, JSON, form or multipart."""

import json
import re
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import parse_qsl

from .answers import GlpiRefusalError, PhpTypeError

Row = dict[str, Any]
POST_MAX_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """One file of a multipart request."""

    filename: str
    content_type: str
    content: bytes


@dataclass
class Call:
    """One request; `parts` is the path below apirest.php, `headers` has lower-case names."""

    method: str
    parts: list[str]
    query: Row
    headers: dict[str, str]
    body: bytes = b""
    params: Row = field(default_factory=dict)
    uploads: list[Upload] = field(default_factory=list)
    faults: frozenset[str] = frozenset()

    def argument(self, name: str) -> object:
        """Return a value from the query string or else from the body."""
        return self.query.get(name, self.params.get(name))

    def flag(self, name: str) -> bool:
        """Tell whether a switch such as expand_dropdowns is on."""
        return str(self.argument(name) or "").lower() in {"1", "true"}


def php_parameters(encoded: str) -> Row:
    """Parse `a[b][c]=v` into nested dictionaries, as PHP does."""
    result: Row = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, _, _ = name.partition("[")
        keys = [head, *re.findall(r"\[([^\]]*)\]", name)]
        place = result
        for key in keys[:-1]:
            inner = place.setdefault(key or str(len(place)), {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[keys[-1] or str(len(place))] = value
    return result


def read_body(call: Call, major: int) -> None:
    """Fill the call's parameters from its body; raise what GLPI answers to a bad one."""
    content_type = call.headers.get("content-type", "").lower()
    if content_type.startswith("application/json"):
        if call.method == "GET" and call.body:
            raise GlpiRefusalError(
                400,
                "ERROR_JSON_PAYLOAD_FORBIDDEN",
                "GET Request should not have json payload (http body)",
            )
        call.params = _json_parameters(call.body, major)
    elif content_type.startswith("application/x-www-form-urlencoded"):
        call.params = php_parameters(call.body.decode("utf-8", "replace"))
    elif content_type.startswith("multipart/form-data"):
        _read_multipart(call, major)


def _json_parameters(body: bytes, major: int) -> Row:
    if not body:
        return {}
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        # PHP refuses lone surrogates; Python takes them.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except ValueError:
        raise _invalid_json() from None
    if isinstance(value, dict):
        return value
    # 10.0.14 takes a bare scalar for invalid JSON, 11.0.6 for no parameters.
    if major < 11 and not isinstance(value, list):
        raise _invalid_json()
    return {}


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _invalid_json() -> GlpiRefusalError:
    return GlpiRefusalError(400, "ERROR_JSON_PAYLOAD_INVALID", "JSON payload seems not valid")


def _read_multipart(call: Call, major: int) -> None:
    if len(call.body) > POST_MAX_BYTES:
        raise upload_too_big()
    fields, call.uploads = _multipart(call.body, call.headers["content-type"])
    manifest = fields.get("uploadManifest")
    if manifest is None:
        if major >= 11:
            raise PhpTypeError
        raise _invalid_json()
    call.params = _json_parameters(manifest, major)
    if not call.uploads:
        raise upload_too_big()
    if not isinstance(call.params.get("input"), dict):
        raise PhpTypeError


def upload_too_big() -> GlpiRefusalError:
    """Return what GLPI says when PHP handed it no file, too big or not."""
    return GlpiRefusalError(
        400, "ERROR_UPLOAD_FILE_TOO_BIG_POST_MAX_SIZE", "The file seems too big"
    )


def _multipart(body: bytes, content_type: str) -> tuple[dict[str, bytes], list[Upload]]:
    match = re.search(r'boundary="?([^";]+)"?', content_type, re.IGNORECASE)
    if match is None:
        return {}, []
    fields: dict[str, bytes] = {}
    uploads: list[Upload] = []
    delimiter = b"--" + match.group(1).encode()
    for piece in (b"\r\n" + body).split(b"\r\n" + delimiter)[1:]:
        if piece.startswith(b"--"):
            break
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(_ascii(head) + b"\r\n\r\n")
        disposition = _unescaped(headers.get("Content-Disposition", ""))
        names = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', disposition))
        if "filename" in names:
            kind = headers.get("Content-Type", "application/octet-stream")
            uploads.append(Upload(names["filename"], kind, content))
        elif "name" in names:
            fields[names["name"]] = content
    return fields, uploads


def _ascii(head: bytes) -> bytes:
    """Keep raw UTF-8 file names through the header parser, which wants ASCII."""
    return head.decode("utf-8", "replace").encode("ascii", "xmlcharrefreplace")


def _unescaped(text: str) -> str:
    return re.sub(r"&#(\d+);", lambda match: chr(int(match.group(1))), text)
