"""DRF's renderer and parser classes, speaking VCD's XML and JSON through the codec."""

import json
from typing import IO, Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework_xml.parsers import XMLParser
from rest_framework_xml.renderers import XMLRenderer

from ssvirt.core.errors import BadRequest, UnsupportedMediaType
from ssvirt.wire.codec import from_json, from_xml, to_json, to_xml


class VcdXMLRenderer(XMLRenderer):  # type: ignore[misc]
    """Writes wire objects as VCD's XML; the stock renderer knows neither attributes nor namespaces."""

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        return to_xml(data, version=renderer_context["view"].wire.effective)


class VcdJSONRenderer(JSONRenderer):
    """Writes wire objects as VCD's JSON; plain dicts (/cloudapi) as they are."""

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        if not isinstance(data, (dict, list)):
            data = to_json(data, version=renderer_context["view"].wire.effective)
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def read_body(stream: IO[bytes], parser_context: Any) -> bytes:
    """The whole body. Raises BadRequest when the client hung up before sending all of it.

    Under granian a cut body reads as a plain end of file, so the length is compared.
    """
    body = stream.read()
    announced = parser_context["request"].META.get("CONTENT_LENGTH") or ""
    if announced.isdigit() and len(body) < int(announced):
        raise BadRequest("The request body ended before its announced length.")
    return body


class VcdXMLParser(XMLParser):  # type: ignore[misc]
    """Reads a body into the wire type that the view's `body_types` names for the method."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        body = read_body(stream, parser_context)
        return from_xml(body, parser_context["view"].body_type()) if body.strip() else None


class VcdJSONParser(JSONParser):
    """Likewise for JSON; a view without a wire type (/cloudapi) gets the parsed object."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        body = read_body(stream, parser_context)
        if not body.strip():
            return None
        wanted = parser_context["view"].body_type()
        if wanted is not None:
            return from_json(body, wanted)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"The request body is not valid JSON: {error}") from error


class VcdNegotiation(BaseContentNegotiation):
    """Renderer by the view's negotiation; parser by Content-Type, which clients leave out or write in any
    case.
    """

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        form = request.parser_context["view"].wire.form
        renderer = next((r for r in renderers if r.format == form), renderers[0])
        return renderer, renderer.media_type

    def select_parser(self, request: Request, parsers: Any) -> BaseParser:
        content_type = (request.content_type or "").split(";")[0].strip().lower()
        by_form = {"json": VcdJSONParser, "xml": VcdXMLParser}
        available = {type(parser): parser for parser in parsers}
        if content_type.endswith(("json", "+json")):
            wanted = by_form["json"]
        elif content_type.endswith(("xml", "+xml")):
            wanted = by_form["xml"]
        elif content_type in ("", "*/*", "application/x-www-form-urlencoded", "application/octet-stream"):
            # Clients that name no type, and curl's default: the view's own form.
            wanted = type(parsers[0])
        else:
            raise UnsupportedMediaType(f"The media type {content_type} is not supported.")
        parser: BaseParser | None = available.get(wanted)
        if parser is None:
            raise UnsupportedMediaType(f"The media type {content_type} is not supported here.")
        return parser
