"""Typed handlers: what a function takes and returns is checked, and the OpenAPI document is made of the same types.

A handler gets `ask` (who asks, and the hub) and, by name, what its signature lists: parameters of the path, one `Body`,
and everything else from the query. Its return type is the answer's shape, its docstring the documentation.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args, get_origin

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model

from hub.core.access import Right
from hub.core.errors import NotFound
from hub.core.merge import survivor
from hub.http.ask import COOKIE, Admit, Ask
from hub.http.bodies import JSON_LIMIT, read_json
from hub.http.errors import HttpProblem, unreadable_text
from hub.http.idempotency import HEADER as IDEMPOTENCY_KEY
from hub.http.idempotency import once
from hub.http.shapes import Problem
from hub.http.wording import describe

Handler = Callable[..., Awaitable[Any]]
REF = "#/components/schemas/"
JSON = "application/json"
PROBLEM = "application/problem+json"
STATUS_WORDS = {200: "Done", 201: "Made", 202: "Taken, and held for now", 204: "Done, nothing to say"}
CHANGES = ("post", "put", "patch", "delete")


class Parameters(BaseModel):
    """Path and query: an unknown parameter is an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """A result with its status, for routes that have several."""

    value: T
    status: int


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    tag: str
    right: Right | None
    """What the caller must be allowed to do; `None`: anybody, signed in or not."""
    statuses: tuple[int, ...]
    takes: str
    """Media type of a body that the handler reads itself."""
    gives: str
    """Media type of a response that the handler makes itself."""
    headers: Mapping[str, str]
    call: Handler
    in_path: type[Parameters]
    in_query: type[Parameters]
    body: tuple[str, type[BaseModel]] | None
    result: TypeAdapter[Any] | None

    @property
    def name(self) -> str:
        return self.call.__name__

    async def arguments(self, request: web.Request, body: bytes) -> dict[str, Any]:
        """Checked arguments; raises pydantic's `ValidationError`."""
        found = dict(self.in_path.model_validate(dict(request.match_info)))
        found |= dict(self.in_query.model_validate(self._query(request)))
        if self.body:
            name, shape = self.body
            found[name] = read_json(shape, body)
        return found

    def _query(self, request: web.Request) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, value in request.query.items():
            if unreadable_text(value):
                raise HttpProblem(422, f'The query parameter "{name}" holds characters that are not text.')
            known = self.in_query.model_fields.get(name)
            given[name] = [part for part in value.split(",") if part] if known and _is_list(known.annotation) else value
        return given

    async def answer(self, ask: Ask, arguments: dict[str, Any]) -> web.StreamResponse:
        value = await self.call(ask, **arguments)
        if isinstance(value, web.StreamResponse):
            return value
        status = self.statuses[0]
        if isinstance(value, Answered):
            value, status = value.value, value.status
        if self.result is None:
            return ask.finish(web.Response(status=status))
        content = self.result.dump_json(self.result.validate_python(value), by_alias=True)
        return ask.finish(web.Response(body=content, status=status, content_type=JSON))


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(part) is list for part in get_args(annotation))


@dataclass
class Routes:
    """The routes of one noun; each states the right it needs, so that none can be forgotten."""

    tag: str
    prefix: str = "/api"
    operations: list[Operation] = field(default_factory=list)

    def get(self, path: str, right: Right | None, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("get", path, right, **options)

    def post(self, path: str, right: Right | None, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("post", path, right, **options)

    def put(self, path: str, right: Right | None, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("put", path, right, **options)

    def patch(self, path: str, right: Right | None, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("patch", path, right, **options)

    def delete(self, path: str, right: Right | None, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("delete", path, right, **options)

    def _add(
        self,
        method: str,
        path: str,
        right: Right | None,
        *,
        status: int | tuple[int, ...] | None = None,
        takes: str = "",
        gives: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Callable[[Handler], Handler]:
        def add(call: Handler) -> Handler:
            self.operations.append(
                operation(
                    call,
                    method=method,
                    path=self.prefix + path,
                    tag=self.tag,
                    right=right,
                    status=status,
                    takes=takes,
                    gives=gives,
                    headers=headers or {},
                )
            )
            return call

        return add


def operation(call: Handler, *, path: str, status: int | tuple[int, ...] | None, gives: str, **facts: Any) -> Operation:
    signature = inspect.signature(call, eval_str=True)
    names = set(re.findall(r"{(\w+)", path))
    in_path: dict[str, Any] = {}
    in_query: dict[str, Any] = {}
    body = None
    for name, parameter in list(signature.parameters.items())[1:]:
        kind = parameter.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            body = (name, kind)
        elif name in names:
            in_path[name] = (kind, ...)
        else:
            in_query[name] = (kind, ... if parameter.default is inspect.Parameter.empty else parameter.default)
    returns = signature.return_annotation
    if get_origin(returns) is Answered:
        (returns,) = get_args(returns)
    has_result = returns is not None and not gives
    if status is None:
        status = 200 if has_result or gives else 204
    return Operation(
        path=path,
        statuses=status if isinstance(status, tuple) else (status,),
        gives=gives,
        call=call,
        in_path=create_model(f"{call.__name__}_path", __base__=Parameters, **in_path),
        in_query=create_model(f"{call.__name__}_query", __base__=Parameters, **in_query),
        body=body,
        result=TypeAdapter(returns) if has_result else None,
        **facts,
    )


def handler(found: Operation, admit: Admit) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """What aiohttp calls: admit, read, check, run, answer."""

    async def handle(request: web.Request) -> web.StreamResponse:
        ask = await admit(request, found.right)
        body = await ask.body(JSON_LIMIT) if found.body else b""
        arguments = await found.arguments(request, body)
        key = request.headers.get(IDEMPOTENCY_KEY)
        if key and found.method == "post" and found.right and not found.takes:
            return await once(ask, key, body, lambda: _answer(found, ask, arguments))
        return await _answer(found, ask, arguments)

    return handle


async def _answer(found: Operation, ask: Ask, arguments: dict[str, Any]) -> web.StreamResponse:
    """The id of a merged thread finds the one that it became, for ever (rule 15)."""
    try:
        return await found.answer(ask, arguments)
    except NotFound:
        if "/threads/{id}" not in found.path:
            raise
        became = await ask.read(survivor, arguments["id"])
        if became is None:
            raise
        ask.led_on = True
        return await found.answer(ask, arguments | {"id": became})


def install(router: web.UrlDispatcher, operations: Iterable[Operation], admit: Admit) -> None:
    for found in operations:
        router.add_route(found.method, found.path, handler(found, admit))


# --- the document ---


def document(operations: Iterable[Operation], *, title: str, version: str, server: str = "/") -> dict[str, Any]:
    """The OpenAPI 3.1 description of these operations."""
    found = list(operations)
    wanted: list[tuple[Any, Any, TypeAdapter[Any]]] = [("problem", "serialization", TypeAdapter(Problem))]
    for at, op in enumerate(found):
        wanted += [((at, "path"), "validation", TypeAdapter(op.in_path))]
        wanted += [((at, "query"), "validation", TypeAdapter(op.in_query))]
        wanted += [((at, "body"), "validation", TypeAdapter(op.body[1]))] if op.body else []
        wanted += [((at, "result"), "serialization", op.result)] if op.result else []
    schemas, definitions = TypeAdapter.json_schemas(wanted, ref_template=REF + "{model}")
    named: dict[str, Any] = definitions.get("$defs", {})
    describe(named)
    paths: dict[str, dict[str, Any]] = {}
    for at, op in enumerate(found):
        own = {part: schema for ((owner, part), _), schema in _of_operations(schemas) if owner == at}
        paths.setdefault(op.path, {})[op.method] = _describe(op, own, named)
    for op in found:
        named.pop(op.in_path.__name__, None)
        named.pop(op.in_query.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": server}],
        "tags": [{"name": tag} for tag in dict.fromkeys(op.tag for op in found)],
        "paths": paths,
        "components": {
            "schemas": named,
            "responses": {
                "Problem": {
                    "description": "What went wrong, why, and what to do (RFC 9457)",
                    "content": {PROBLEM: {"schema": schemas[("problem", "serialization")]}},
                }
            },
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "ot_…"},
            },
        },
    }


def _of_operations(schemas: Mapping[Any, Any]) -> Iterable[tuple[Any, Any]]:
    return ((key, schema) for key, schema in schemas.items() if key[0] != "problem")


def _describe(op: Operation, own: Mapping[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    summary, _, description = inspect.cleandoc(op.call.__doc__ or op.name).partition("\n")
    changes = op.method in CHANGES
    session: dict[str, list[str]] = {"session": [], "csrf": []} if changes else {"session": []}
    told: dict[str, Any] = {
        "operationId": op.name,
        "summary": summary,
        "tags": [op.tag],
        "parameters": [*_parameters(op, own, named)],
        "responses": {str(status): _response(op, status, own) for status in op.statuses},
        "security": [session, {"token": []}] if op.right else [],
    }
    if description.strip():
        told["description"] = description.strip()
    if op.right:
        told["x-right"] = str(op.right)
    told["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    if op.body:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": own["body"]}}}
    elif op.takes:
        told["requestBody"] = {"required": True, "content": {op.takes: {}}}
    return told


def _parameters(op: Operation, own: Mapping[str, Any], named: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for place in ("path", "query"):
        schema = own[place]
        schema = named[schema["$ref"].removeprefix(REF)] if "$ref" in schema else schema
        for name, kind in schema.get("properties", {}).items():
            told = {"name": name, "in": place, "required": name in schema.get("required", []), "schema": kind}
            listed = kind.get("type") == "array" or any(p.get("type") == "array" for p in kind.get("anyOf", []))
            yield told | ({"style": "form", "explode": False} if listed else {})
    for name, description in op.headers.items():
        yield {"name": name, "in": "header", "schema": {"type": "string"}, "description": description}
    if op.method == "post" and op.right and not op.takes:
        yield {
            "name": IDEMPOTENCY_KEY,
            "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z0-9_.:-]+$"},
            "description": "The same key again is answered as the first time, and nothing is done twice.",
        }


def _response(op: Operation, status: int, own: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"description": STATUS_WORDS[status]}
    if op.gives:
        told["content"] = {op.gives: {}}
    elif op.result:
        told["content"] = {JSON: {"schema": own["result"]}}
    return told


def as_json(content: Mapping[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)
