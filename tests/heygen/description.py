"""HeyGen's API description, where the environment says it is, as something to check calls with."""

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema

VARIABLE = "HEYGEN_API_DESCRIPTION"


class Description:
    """Validates one operation's request and answer. OpenAPI 3.0's `nullable` is turned into JSON Schema's null."""

    def __init__(self, path: Path) -> None:
        self._whole: dict[str, Any] = _nullable(json.loads(path.read_text()))
        self._paths = {re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"): path for path in self._whole["paths"]}

    def check_request(self, method: str, path: str, query: dict[str, str], body: Any) -> None:
        """Fails unless the operation exists, takes these query names, and accepts this body."""
        operation = self._operation(method, path)
        declared = [self._resolved(item) for item in operation.get("parameters", [])]
        known = {item["name"] for item in declared if item["in"] == "query"}
        assert set(query) <= known, f"{method} {path} does not know {set(query) - known}"
        if body is not None:
            content = operation["requestBody"]["content"]["application/json"]
            self._validate(body, content["schema"])

    def check_answer(self, method: str, path: str, body: Any) -> None:
        """Fails unless the operation may answer this."""
        content = self._operation(method, path)["responses"]["200"]["content"]["application/json"]
        self._validate(body, content["schema"])

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        if path in self._whole["paths"]:
            template = path
        else:
            template = next(known for pattern, known in self._paths.items() if pattern.match(path))
        operation: dict[str, Any] = self._whole["paths"][template][method.lower()]
        return operation

    def _resolved(self, item: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in item:
            found: Any = self._whole
            for part in item["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            item = found
        return item

    def _validate(self, body: Any, schema: dict[str, Any]) -> None:
        jsonschema.Draft202012Validator({**schema, "components": self._whole["components"]}).validate(body)


def description() -> Description | None:
    """The description, or None where the environment names none."""
    path = os.environ.get(VARIABLE)
    return Description(Path(path)) if path else None


def _nullable(node: Any) -> Any:
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    turned = {key: _nullable(value) for key, value in node.items() if key not in ("nullable", "discriminator")}
    if node.get("nullable") is True:
        return {"anyOf": [turned, {"type": "null"}]}
    return turned
