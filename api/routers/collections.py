"""The bundle's layers in the shapes of OGC API - Features: Part 1 (17-069r4), and queryables of Part 3 (19-079r2)."""

from __future__ import annotations

import json
import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import URL

from api import examples, schemas
from api.asked import ItemsQuestion, NoQuestion
from api.collections import Collection, parse_bbox
from api.deps import Served, Service
from api.documented import GEOJSON, JSON, answered, problems
from api.errors import MissingError, QueryError, query_error
from api.layer_paths import with_layers
from api.links import link, page_links, root_of
from api.tagged import Handler, TaggedRoute
from servicecircle.errors import Fault, InputError

__all__ = ["landing", "router"]

OPENAPI, SCHEMA = "application/vnd.oai.openapi+json;version=3.1", "application/schema+json"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
CONFORMANCE = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
]
MOST = 1000
_INSTANT = r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?"
_TIME = re.compile(rf"{_INSTANT}|({_INSTANT}|\.\.|)/({_INSTANT}|\.\.|)", re.IGNORECASE)


class _Route(TaggedRoute):
    """The standard wants 400, not 422, for a query that is not sound."""

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await answer(request)
            except RequestValidationError as error:
                raise query_error(error) from error
            except InputError as error:
                raise QueryError(error.faults) from error

        return handler


router = APIRouter(
    tags=["图层 OGC API Features"], route_class=_Route, responses=problems(400) | {"4XX": problems(404)[404]}
)

Nothing = Annotated[NoQuestion, Query()]


@router.get("/conformance", summary="符合的标准 Conformance classes", responses=answered(examples.CONFORMANCE))
async def conformance(_: Nothing) -> schemas.Conformance:
    """List the conformance classes that hold."""
    return schemas.Conformance(conformsTo=CONFORMANCE)


@router.get("/collections", summary="图层列表 All layers", responses=answered(examples.COLLECTIONS))
async def collections(request: Request, served: Served, _: Nothing) -> schemas.Collections:
    """Describe every layer of the bundle."""
    root = root_of(request)
    links = [link(root, "/collections", "self", JSON, "图层 layers")]
    return schemas.Collections(links=links, collections=[_describe(c, root) for c in served.collections.values()])


@router.get("/collections/{layer}", summary="一个图层 One layer", responses=answered(examples.COLLECTION, 404))
async def collection(layer: str, request: Request, served: Served, _: Nothing) -> schemas.Collection:
    """Describe a layer: extent, licence, properties that filter, units."""
    return _describe(_find(served, layer), root_of(request))


@router.get(
    "/collections/{layer}/queryables",
    summary="可筛选的属性 Properties that filter a layer",
    response_class=Response,
    responses=answered(examples.QUERYABLES, 404, media_type=SCHEMA),
)
async def queryables(layer: str, request: Request, served: Served, _: Nothing) -> Response:
    """Name every property that filters a layer, with its type, as a JSON Schema."""
    found_in = _find(served, layer)
    here = f"{root_of(request)}/collections/{quote(layer, safe='')}/queryables"
    text = json.dumps(found_in.queryables() | {"$id": here}, ensure_ascii=False)
    return Response(text, media_type=SCHEMA)


@router.get("/api", include_in_schema=False)
async def api(request: Request, served: Served, _: Nothing) -> Response:
    """Return the OpenAPI document with the filters of each layer spelled out, as clients of the standard read them."""
    document = with_layers(request.app.openapi(), served.collections)
    return Response(json.dumps(document, ensure_ascii=False), media_type=JSON)  # GDAL reads no 3.1 under its own type


@router.get(
    "/collections/{layer}/items",
    summary="要素 Features of a layer",
    response_class=Response,
    responses=answered(examples.ITEMS, 404, media_type=GEOJSON),
)
async def items(layer: str, request: Request, served: Served, asked: Annotated[ItemsQuestion, Query()]) -> Response:
    """Features in a box with given properties, page by page.

    Any property of the layer is a filter: `?kind=base&status=loaded`. Unknown parameters are refused.
    """
    found_in = _find(served, layer)
    if asked.datetime is not None and not _TIME.fullmatch(asked.datetime):
        remedy = "give an instant such as 2026-01-01, or an interval such as 2026-01-01/.."
        raise QueryError([Fault("not an RFC 3339 instant or interval", remedy, column="datetime")])
    given = request.query_params.multi_items()
    filters = [(key, value) for key, value in given if key not in ItemsQuestion.model_fields]
    limit = min(asked.limit, MOST)
    page = found_in.find(None if asked.bbox is None else parse_bbox(asked.bbox), filters, limit, asked.offset)
    root, home = root_of(request), f"/collections/{quote(layer, safe='')}"
    links = page_links(root, f"{home}/items", request, limit, asked.offset, page.matched, GEOJSON)
    links.append(link(root, home, "collection", JSON, layer))
    head = {"type": "FeatureCollection", "numberMatched": page.matched, "numberReturned": len(page.features)}
    text = json.dumps(head | {"links": [entry.model_dump() for entry in links]}, ensure_ascii=False)
    return Response(f'{text[:-1]}, "features": [{",".join(page.features)}]}}', media_type=GEOJSON)


@router.get(
    "/collections/{layer}/items/{feature_id:path}",
    summary="一个要素 One feature",
    response_class=Response,
    responses=answered(examples.ITEM, 404, media_type=GEOJSON),
)
async def item(layer: str, feature_id: str, request: Request, served: Served, _: Nothing) -> Response:
    """Return a single feature by its id."""
    found_in, root = _find(served, layer), root_of(request)
    if feature_id not in found_in.row_of:
        message = f"no feature {feature_id!r} in {layer}; /collections/{layer}/items lists them"
        raise MissingError(message)
    home = f"/collections/{quote(layer, safe='')}"
    links = [
        link(root, f"{home}/items/{quote(feature_id, safe='')}", "self", GEOJSON, feature_id),
        link(root, home, "collection", JSON, layer),
    ]
    text = json.dumps([entry.model_dump() for entry in links], ensure_ascii=False)
    feature = found_in.features[found_in.row_of[feature_id]]
    return Response(f'{feature[:-1]},"links":{text}}}', media_type=GEOJSON)


def landing(served: Service, root: URL) -> schemas.Landing:
    """Return the landing page for machines."""
    area = served.bundle.manifest.area
    layers = served.bundle.manifest.layers
    return schemas.Landing(
        title=f"{area.name_zh} 15分钟服务圈 · {area.name_en}",
        description="Who can walk to what within 15 minutes, where nobody can.",
        attribution=layers[0].attribution if layers else "",
        links=[
            link(root, "/", "self", JSON, "本页 this page"),
            link(root, "/", "alternate", "text/html", "网页 as HTML"),
            link(root, "/api", "service-desc", OPENAPI, "接口定义 API definition"),
            link(root, "/docs", "service-doc", "text/html", "接口说明 API documentation"),
            link(root, "/conformance", "conformance", JSON, "符合的标准 conformance"),
            link(root, "/collections", "data", JSON, "图层 layers"),
        ],
    )


def _find(served: Service, layer: str) -> Collection:
    if layer not in served.collections:
        message = f"no layer {layer!r}; there are: {', '.join(served.collections)}"
        raise MissingError(message)
    return served.collections[layer]


def _describe(layer: Collection, root: URL) -> schemas.Collection:
    about = layer.about
    here = f"/collections/{quote(about.name, safe='')}"
    extent = None if about.bbox is None else {"spatial": {"bbox": [list(about.bbox)], "crs": CRS84}}
    return schemas.Collection(
        id=about.name,
        title=about.name,
        description=f"{about.rows} × {about.geometry}",
        attribution=about.attribution,
        licence=about.licence,
        crs=[CRS84],
        extent=extent,
        items=about.rows,
        properties=dict(layer.kinds),
        units=about.units,
        links=[
            link(root, here, "self", JSON, about.name),
            link(root, f"{here}/items", "items", GEOJSON, "要素 features"),
            link(root, f"{here}/queryables", QUERYABLES, SCHEMA, "可筛选的属性 queryables"),
        ],
    )
