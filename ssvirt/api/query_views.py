"""`/api/query`: the list of queries, and all of them."""

from urllib.parse import parse_qs

from rest_framework.request import Request
from rest_framework.response import Response

from ssvirt.api.query import query_list, query_type, run_query
from ssvirt.api.views import SIGNED_IN, LegacyView


class QueryView(LegacyView):
    rights = SIGNED_IN

    def get(self, request: Request) -> Response:
        query_string = request.META.get("QUERY_STRING", "")
        wanted = parse_qs(query_string).get("type")
        if not wanted:
            return Response(query_list(self.principal, self.hrefs))
        query = query_type(wanted[-1], self.principal)
        return Response(run_query(query, query_string, self.hrefs, "/api/query"))
