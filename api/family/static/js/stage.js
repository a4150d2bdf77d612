// The map: ground, every base as a dot, the answer as seals, the start, the way.
/* global L */
import { byId, isCalm, isPhone } from './dom.js';
import { groundLayer } from './ground.js';
import { seal } from './signs.js';

const REACH_PX = 26;
const QUIET = 14.4; // below this zoom seals shrink: letters would be confetti

const here = (place) => [place.lat, place.lon];

function mark(sign, options, className, size) {
  const html = seal(sign, options);
  return L.divIcon({ html, className: `mark ${className}`, iconSize: [size, size] });
}

/** How much of the map the header and the panel cover. */
function insets() {
  if (!isPhone()) return { paddingTopLeft: [40, 40], paddingBottomRight: [76, 50] };
  const top = byId('top').getBoundingClientRect().bottom + 26;
  const credits = byId('credits').getBoundingClientRect(); // rests on the sheet where it will stand, not where it slides
  const bottom = Math.min(innerHeight - credits.bottom + 50, innerHeight - top - 120);
  return { paddingTopLeft: [26, top], paddingBottomRight: [58, bottom] };
}

/** Build the map; `pick(place)` and `tap(lon, lat)` hear of fingers. */
export function createStage(ground, bbox, reach, { pick, tap }) {
  const calm = isCalm();
  const map = L.map('map', {
    attributionControl: false, zoomControl: false, zoomSnap: 0.5, minZoom: 12, maxZoom: 18, maxBoundsViscosity: 0.6,
    fadeAnimation: !calm, zoomAnimation: !calm, markerZoomAnimation: !calm, inertia: !calm, bounceAtZoomLimits: false,
  });
  map.setMaxBounds(L.latLngBounds([reach[1], reach[0]], [reach[3], reach[2]]).pad(2));
  const layer = groundLayer(ground).addTo(map);
  const [dots, way, marks] = [L.layerGroup().addTo(map), L.layerGroup().addTo(map), L.layerGroup().addTo(map)];
  L.control.scale({ imperial: false, position: isPhone() ? 'topleft' : 'bottomleft', maxWidth: 90 }).addTo(map);
  const whole = L.latLngBounds([bbox[1], bbox[0]], [bbox[3], bbox[2]]);
  let touchable = [];

  const fit = (bounds, maxZoom = 17) => map.fitBounds(bounds, { ...insets(), maxZoom, animate: !calm, duration: 0.5 });
  function quieten() {
    const far = map.getZoom() < QUIET;
    byId('map').classList.toggle('far', far);
    dots.eachLayer((dot) => dot.setRadius(far ? 2.6 : 4));
  }

  map.on('zoomend', quieten);
  map.on('click', ({ containerPoint, latlng }) => {
    const away = (place) => map.latLngToContainerPoint(here(place)).distanceTo(containerPoint);
    const closest = touchable.map((place) => [away(place), place]).sort((a, b) => a[0] - b[0])[0];
    if (closest && closest[0] <= REACH_PX) pick(closest[1]);
    else tap(latlng.lng, latlng.lat);
  });
  byId('zoom-in').addEventListener('click', () => map.zoomIn(1));
  byId('zoom-out').addEventListener('click', () => map.zoomOut(1));

  function drawWay(walk) {
    way.clearLayers();
    if (!walk) return;
    const add = (points, className) => L.polyline(points.map(([lon, lat]) => [lat, lon]), { className, interactive: false, noClip: true }).addTo(way);
    add(walk.line, 'way-halo');
    add(walk.line, 'way-line');
    for (const part of walk.stairs) add(part, 'way-stairs');
  }

  fit(whole, 14);
  quieten();
  return {
    map,
    redraw: () => layer.redraw(),
    resized: () => map.invalidateSize({ animate: false }),
    /** Every base, before anything is asked. */
    dot(places) {
      dots.clearLayers();
      for (const place of places) {
        L.circleMarker(here(place), { interactive: false, className: place.hollow ? 'dot hollow' : 'dot' }).addTo(dots);
      }
      quieten();
    },
    /** The start and the places of the answer; `chosen` stands out. */
    show(start, startSign, places, signOf, chosen) {
      marks.clearLayers();
      touchable = places.filter((place) => Number.isFinite(place.lon));
      for (const place of [...places].reverse()) {
        if (!Number.isFinite(place.lon)) continue; // on no map, in the list all the same
        const { sign, options } = signOf(place);
        const isChosen = place.id === chosen;
        L.marker(here(place), {
          icon: mark(sign, options, isChosen ? 'chosen' : chosen ? 'aside' : '', isChosen ? 44 : 32), interactive: false, keyboard: false, zIndexOffset: isChosen ? 900 : 0,
        }).addTo(marks);
      }
      if (start) L.marker(here(start), { icon: mark(startSign, { approximate: start.approximate }, 'start', 40), interactive: false, keyboard: false, zIndexOffset: 1000 }).addTo(marks);
    },
    drawWay,
    whole: () => fit(whole, 14),
    frame: (points, maxZoom) => fit(L.latLngBounds(points.map(here)), maxZoom),
    frameLine: (line) => fit(L.latLngBounds(line.map(([lon, lat]) => [lat, lon]))),
  };
}
